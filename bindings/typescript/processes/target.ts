import { shellPlaceholderWarning } from "../../../protocol/shell-placeholder.js";
import type { CommandResult, CommandTarget, ModuleTarget, SourceTarget, Target } from "../../../protocol/target.js";

export type { CommandResult, CommandTarget, ModuleTarget, SourceTarget, Target };

/** Only for the compiler: what the target takes and gives. */
declare const signature: unique symbol;

// oxlint-disable-next-line no-explicit-any -- the one type that the arguments of every function are assignable to
export type AnyArguments = any[];

/** A target whose arguments and result the compiler knows. */
export interface Typed<A extends readonly unknown[], R> {
  readonly [signature]?: (args: A) => R;
}

/** A function of a module, with its types: from `task`. */
export interface Task<A extends readonly unknown[] = AnyArguments, R = unknown> extends ModuleTarget, Typed<A, R> {}

/** A command, with its types: from `command`. */
export interface Command extends CommandTarget, Typed<readonly unknown[], CommandResult> {}

/**
 * What a process or a pool can run:
 * - `task(import.meta, digest)`: a function that its module exports. The usual way.
 * - `{ module, export }`: the same by name, for modules of other languages too: `{ module: "/srv/job.py", export:
 *   "digest" }`.
 * - `command("gzip", ["-9", "{item}"])`: a program.
 * - a function itself: its text is sent, so it sees globals and its arguments, and nothing else of where it was
 *   written.
 */
export type Runnable<A extends readonly unknown[] = AnyArguments, R = unknown> =
  | Task<A, R>
  | ((...args: [...A]) => R | PromiseLike<R>)
  | Command
  | ModuleTarget
  | SourceTarget
  | CommandTarget;

/** A class whose instances can be run: made with the task's arguments, then `run()` is called. */
export type RunnableClass<A extends AnyArguments, R> = new (...args: A) => { run(): R | PromiseLike<R> };

/**
 * A function, or a class with `run()`, that this module exports under its own name, as a target:
 *
 * ```ts
 * export function digest(path: string) { … }
 * const pool = new Pool();
 * await pool.map(task(import.meta, digest), paths);
 * ```
 *
 * The workers load the module and look for the export. `name`: what it is exported as, when that is not its name; dots
 * reach into objects. Fails with TypeError when it has no name, or the module no file.
 */
export function task<A extends AnyArguments, R>(meta: { url: string }, target: RunnableClass<A, R>, name?: string): Task<A, Awaited<R>>;
export function task<A extends AnyArguments, R>(meta: { url: string }, target: (...args: A) => R, name?: string): Task<A, Awaited<R>>;
export function task(meta: { url: string }, target: { readonly name: string }, name = target.name): Task {
  if (typeof target !== "function") throw new TypeError(`expected a function or a class with run(), got ${target === null ? "null" : typeof target}`);
  if (name === "" || name.startsWith("bound ")) {
    throw new TypeError("the function has no name to find it by: declare it as `export function name() {…}`, or pass the name of its export as third argument");
  }
  if (!meta.url.startsWith("file:")) throw new TypeError(`expected the import.meta of a module that is a file, got the url ${JSON.stringify(meta.url)}`);
  return { module: meta.url, export: name };
}

export type CommandOptions = Omit<CommandTarget, "command" | "args">;

/**
 * A program as a target. In a pool, `{item}` in its arguments stands for the item, `{index}` for its position; without
 * any placeholder the item is the last argument. Its result is a CommandResult. No shell is involved; for one, write
 * `command("sh", ["-c", 'gzip -c "$1" > "$1.gz"', "sh", "{item}"])`, not `{item}` inside of the text, where any item
 * could be a command.
 */
export function command(program: string, args: readonly string[] = [], options: CommandOptions = {}): Command {
  return { command: program, args: [...args], ...options };
}

/** The target as the wire has it. Fails with TypeError for what is none. */
export function toTarget(runnable: Runnable): Target {
  if (typeof runnable === "function") return { source: sourceOf(runnable), runtime: "node", cwd: process.cwd() };
  if (typeof runnable === "object" && runnable !== null && ("module" in runnable || "source" in runnable || "command" in runnable)) {
    if ("command" in runnable) warnOfShell(runnable);
    return runnable;
  }
  throw new TypeError(`expected a target: task(import.meta, fn), a self-contained function, command("program") or {module, export}, got ${describe(runnable)}`);
}

const warned = new Set<string>();

/** Once for each text. */
function warnOfShell({ command: program, args }: CommandTarget): void {
  const warning = shellPlaceholderWarning(program, args);
  if (warning === null || warned.has(warning)) return;
  warned.add(warning);
  process.emitWarning(warning, { type: "PolyprocWarning", code: "POLYPROC_SHELL" });
}

function sourceOf(target: { readonly name: string }): string {
  const text = Function.prototype.toString.call(target);
  if (/\{\s*\[native code\]\s*\}\s*$/.test(text)) {
    throw new TypeError(`the text of ${target.name || "this function"} is not to be had (it is built in, or made by bind): wrap it in a function, or use task(import.meta, fn)`);
  }
  return text;
}

function describe(value: unknown): string {
  if (typeof value === "object" && value !== null) return `an object with ${Object.keys(value).slice(0, 5).join(", ") || "no members"}`;
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
