import type { CommandTarget } from "../../protocol/target.js";
import { shellPlaceholderWarning } from "../../protocol/shell-placeholder.js";
import { UsageError } from "../usage-error.js";

/** Output that a command may leave, in bytes of each stream; of longer output the last part is kept, and said so. */
export const maxOutputBytes = 16 * 1024 * 1024;

export interface Surroundings {
  cwd: string;
  env: Record<string, string>;
}

/**
 * The command of a map, `{}` turned into the protocol's `{item}`; `{{}}` is the text "{}". `around` is where it runs
 * when the server would otherwise run it elsewhere. Fails with UsageError.
 */
export function commandTarget(command: readonly string[], around: Surroundings | null): CommandTarget {
  const [program, ...args] = command;
  if (program === undefined || program === "") throw new UsageError("there is no command after --");
  if (/\{(item[^}]*|index)?\}/.test(program)) {
    throw new UsageError(`the command itself cannot be a placeholder, got ${JSON.stringify(program)}; run it by a shell: -- sh -c '"$1"' sh {}`);
  }
  return {
    command: program,
    args: args.map((arg) => arg.replace(/\{\{\}\}|\{\}/g, (found) => (found === "{}" ? "{item}" : "{}"))),
    maxOutputBytes,
    ...(around ? { cwd: literally(around.cwd), env: Object.fromEntries(Object.entries(around.env).map(([name, value]) => [name, literally(value)])) } : {}),
  };
}

/** What to say of a command that lets any item be a command of a shell; null for any other. */
export function shellWarning({ command, args }: CommandTarget): string | null {
  return shellPlaceholderWarning(command, args)?.replaceAll("{item}", "{}") ?? null;
}

/** The server fills placeholders everywhere; this text is meant as it stands. */
export function literally(text: string): string {
  return text.replace(/\{(?:item|index)\}/g, (found) => `{${found}}`);
}
