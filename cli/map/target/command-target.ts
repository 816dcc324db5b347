import type { ResourceLimits } from "../../../protocol/resource-limits.js";
import type { CommandTarget } from "../../../protocol/target.js";
import { shellPlaceholderWarning } from "../../../protocol/shell-placeholder.js";
import { UsageError } from "../../usage-error.js";

/**
 * Most output of a command, in bytes of each stream, where there is no folder for more of it. Longer output is
 * truncated to its end, and the result says so.
 */
export const maxOutputBytes = 16 * 1024 * 1024;
/** Most output that is kept in memory, where longer output goes to a folder. */
const maxInMemoryBytes = 256 * 1024;

export interface Surroundings {
  cwd: string;
  env: Record<string, string>;
  umask: number;
  nice: number;
  limits: ResourceLimits;
}

/**
 * The target for the command of a map. `{}` becomes the protocol's `{item}`, and `{{}}` becomes the text "{}".
 * `around`: what the server would not know by itself. `outputFolder`: where long output goes; null: it is truncated.
 * Throws UsageError.
 */
export function commandTarget(
  command: readonly string[],
  around: Partial<Surroundings> | null,
  outputFolder: string | null = null,
): CommandTarget {
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
    ...(outputFolder === null ? { maxOutputBytes } : { maxOutputBytes: maxInMemoryBytes, outputFolder }),
    ...(around ? placed(around) : {}),
  };
}

function placed({ cwd, env, ...own }: Partial<Surroundings>): Partial<CommandTarget> {
  return {
    ...own,
    ...(cwd === undefined ? {} : { cwd: literally(cwd) }),
    ...(env === undefined
      ? {}
      : { env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, literally(value)])) }),
  };
}

/** A warning if an item could inject shell commands; otherwise null. `args`: with `{item}` for what comes from it. */
export function shellWarning(command: string, args: readonly string[]): string | null {
  return shellPlaceholderWarning(command, args)?.replaceAll("{item}", "{}") ?? null;
}

/** Escapes placeholders: the server would replace them in this text, too. */
export function literally(text: string): string {
  return text.replace(/\{(?:item|index)\}/g, (found) => `{${found}}`);
}
