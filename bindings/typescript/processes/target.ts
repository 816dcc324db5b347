import { shellPlaceholderWarning } from "../../../protocol/shell-placeholder.js";
import { aCount, aFlag, anObject, aText, checkOptions, type OptionTable } from "../session/options.js";
import { exportedName, urlOfModule, type ModuleRef } from "./module-ref.js";
import type { CommandResult, CommandTarget, ModuleTarget, SourceTarget, Target } from "../../../protocol/target.js";

export type { CommandResult, CommandTarget, ModuleTarget, SourceTarget, Target };

/** For the compiler only: the target's arguments and result. */
declare const signature: unique symbol;

// oxlint-disable-next-line no-explicit-any -- the one type that the arguments of every function are assignable to
export type AnyArguments = any[];

/** A target with the types of its arguments and its result. */
export interface Typed<A extends readonly unknown[], R> {
  readonly [signature]?: (args: A) => R;
}

/** A function of a module, with its types. Made by `task`. */
export interface Task<A extends readonly unknown[] = AnyArguments, R = unknown> extends ModuleTarget, Typed<A, R> {}

/** A command, with its types. Made by `command`. */
export interface Command extends CommandTarget, Typed<readonly unknown[], CommandResult> {}

/**
 * What a process or a pool can run:
 * - `task(import.meta, digest)`: a function that its module exports. The usual way.
 * - `{ module, export }`: the same by name, also for other languages: `{ module: "/srv/job.py", export: "digest" }`.
 *   `module` may be a `URL` object.
 * - `command("gzip", ["-9", "{item}"])`: a program.
 * - a function: it is sent as source text, so it sees only globals and its arguments.
 */
export type Runnable<A extends readonly unknown[] = AnyArguments, R = unknown> =
  | Task<A, R>
  | ((...args: [...A]) => R | PromiseLike<R>)
  | Command
  | ModuleTarget
  | ModuleByUrl
  | SourceTarget
  | CommandTarget;

/** A module target whose module is a URL object. */
export type ModuleByUrl = Omit<ModuleTarget, "module"> & { module: URL };

/** A class that a task can run: it is constructed with the task's arguments, then `run()` is called. */
export type RunnableClass<A extends AnyArguments, R> = new (...args: A) => { run(): R | PromiseLike<R> };

/**
 * Makes a target from a function, or a class with `run()`, that this module exports:
 *
 * ```ts
 * export function digest(path: string) { … }
 * const pool = new Pool();
 * await pool.map(task(import.meta, digest), paths);
 * ```
 *
 * In CommonJS, write `task(module, digest)`. Workers load the module and look for the export. `name`: name of the
 * export; default: in CommonJS the name by which `module.exports` has the function, else the function's own. Dots lead
 * into objects: `tools.digest`. For a function that this module imports, write
 * `{ module: new URL('./digest.js', import.meta.url), export: "digest" }`. Throws a TypeError if there is no name, or
 * if the module is not a file.
 */
export function task<A extends AnyArguments, R>(
  meta: ModuleRef,
  target: RunnableClass<A, R>,
  name?: string,
): Task<A, Awaited<R>>;
export function task<A extends AnyArguments, R>(
  meta: ModuleRef,
  target: (...args: A) => R,
  name?: string,
): Task<A, Awaited<R>>;
export function task(meta: ModuleRef, target: { readonly name: string }, given?: string): Task {
  if (typeof target !== "function")
    throw new TypeError(`expected a function or a class with run(), got ${target === null ? "null" : typeof target}`);
  const name = given ?? exportedName(meta, target) ?? target.name;
  if (name === "" || name.startsWith("bound ")) {
    throw new TypeError(
      "the function has no name to find it by: declare it as `export function name() {…}` (in CommonJS: " +
        "`exports.name = …`), or pass the name of its export as third argument",
    );
  }
  return { module: urlOfModule(meta), export: name };
}

export type CommandOptions = Omit<
  CommandTarget,
  "command" | "args" | "inputItem" | "outputFolder" | "stream" | "umask" | "nice" | "limits"
>;

const commandOptions: OptionTable<CommandOptions> = {
  cwd: aText,
  env: anObject,
  input: aText,
  maxOutputBytes: aCount(0),
  check: aFlag,
};

/**
 * A program as a target. Its result is a CommandResult.
 *
 * In a pool, `{item}` in its arguments stands for the item and `{index}` for its position. Without a placeholder the
 * item is the last argument. No shell is involved. To use one, pass the item as an argument: `command("sh", ["-c",
 * 'gzip -c "$1" > "$1.gz"', "sh", "{item}"])`. Inside the shell's text, an item could inject commands.
 */
export function command(program: string, args: readonly string[] = [], options: CommandOptions = {}): Command {
  checkOptions("command", options, commandOptions);
  return { command: program, args: [...args], ...options };
}

/** The target as the wire has it. Throws a TypeError if the value is not a target. */
export function toTarget(runnable: Runnable): Target {
  if (typeof runnable === "function") return { source: sourceOf(runnable), runtime: "node", cwd: process.cwd() };
  if (
    typeof runnable === "object" &&
    runnable !== null &&
    ("module" in runnable || "source" in runnable || "command" in runnable)
  ) {
    if ("command" in runnable) warnOfShell(runnable);
    if ("module" in runnable && (runnable.module as unknown) instanceof URL)
      return { ...runnable, module: String(runnable.module) };
    return runnable as Target;
  }
  throw new TypeError(
    'expected a target: task(import.meta, fn), a self-contained function, command("program") or ' +
      `{module, export}, got ${describe(runnable)}`,
  );
}

const warned = new Set<string>();

/** Warns once for each text. */
function warnOfShell({ command: program, args }: CommandTarget): void {
  const warning = shellPlaceholderWarning(program, args);
  if (warning === null || warned.has(warning)) return;
  warned.add(warning);
  process.emitWarning(warning, { type: "PolyprocWarning", code: "POLYPROC_SHELL" });
}

function sourceOf(target: { readonly name: string }): string {
  const text = Function.prototype.toString.call(target);
  if (/\{\s*\[native code\]\s*\}\s*$/.test(text)) {
    throw new TypeError(
      `the source text of ${target.name || "this function"} is not available, ` +
        "because it is built in or made by bind: wrap it in a function, or use task(import.meta, fn)",
    );
  }
  return text;
}

function describe(value: unknown): string {
  if (typeof value === "object" && value !== null)
    return `an object with ${Object.keys(value).slice(0, 5).join(", ") || "no members"}`;
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
