import type { CommandTarget } from "../../protocol/target.js";
import { UsageError } from "../usage-error.js";

/** Output that a command may leave, in bytes of each stream; of longer output the last part is kept, and said so. */
export const maxOutputBytes = 16 * 1024 * 1024;

export interface Surroundings {
  cwd: string;
  env: Record<string, string>;
}

/**
 * The command of a map, `{}` turned into the protocol's `{item}`; `{{}}` is the text "{}". `around` is where it runs when the server would
 * otherwise run it elsewhere. Fails with UsageError.
 */
export function commandTarget(command: readonly string[], around: Surroundings | null): CommandTarget {
  const [program, ...args] = command;
  if (program === undefined || program === "") throw new UsageError("there is no command after --");
  if (/\{(item[^}]*|index)?\}/.test(program)) {
    throw new UsageError(`the command itself cannot be a placeholder, got ${JSON.stringify(program)}; run it by a shell: -- sh -c '"$0"' {}`);
  }
  return {
    command: program,
    args: args.map((arg) => arg.replace(/\{\{\}\}|\{\}/g, (found) => (found === "{}" ? "{item}" : "{}"))),
    maxOutputBytes,
    ...(around ? { cwd: literally(around.cwd), env: Object.fromEntries(Object.entries(around.env).map(([name, value]) => [name, literally(value)])) } : {}),
  };
}

/** The server fills placeholders in there, too; ours is meant as it stands. */
function literally(text: string): string {
  return text.replace(/\{(?:item|index)\}/g, (found) => `{${found}}`);
}
