import type { CommandTarget } from "../../protocol/target.js";
import { shellPlaceholderWarning } from "../../protocol/shell-placeholder.js";
import { UsageError } from "../usage-error.js";

/** Most output of a command, in bytes of each stream. Longer output is truncated to its end, and the result says so. */
export const maxOutputBytes = 16 * 1024 * 1024;

export interface Surroundings {
  cwd: string;
  env: Record<string, string>;
}

/**
 * The target for the command of a map. `{}` becomes the protocol's `{item}`, and `{{}}` becomes the text "{}".
 * `around`: folder and environment, if the server would use others. Throws UsageError.
 */
export function commandTarget(command: readonly string[], around: Surroundings | null): CommandTarget {
  const [program, ...args] = command;
  if (program === undefined || program === "") throw new UsageError("there is no command after --");
  if (/\{(item[^}]*|index)?\}/.test(program)) {
    throw new UsageError(
      `the command itself cannot be a placeholder, got ${JSON.stringify(program)}; run it by a shell: ` +
        `-- sh -c '"$1"' sh {}`,
    );
  }
  return {
    command: program,
    args: args.map((arg) => arg.replace(/\{\{\}\}|\{\}/g, (found) => (found === "{}" ? "{item}" : "{}"))),
    maxOutputBytes,
    ...(around
      ? {
          cwd: literally(around.cwd),
          env: Object.fromEntries(Object.entries(around.env).map(([name, value]) => [name, literally(value)])),
        }
      : {}),
  };
}

/** A warning if an item could inject shell commands; otherwise null. */
export function shellWarning({ command, args }: CommandTarget): string | null {
  return shellPlaceholderWarning(command, args)?.replaceAll("{item}", "{}") ?? null;
}

/** Escapes placeholders: the server would replace them in this text, too. */
export function literally(text: string): string {
  return text.replace(/\{(?:item|index)\}/g, (found) => `{${found}}`);
}
