import * as v from "valibot";

/** Text → text, for a child's environment; `null` removes a variable. */
const environment = () => v.record(v.string(), v.nullable(v.string()));

/** A function, or a class with `run`, that a module exports. */
export const moduleTarget = v.strictObject({
  /** Absolute path or `file:` URL of the module. */
  module: v.pipe(v.string(), v.minLength(1)),
  /** Name of the export, dots reach into objects; `default` when absent. */
  export: v.optional(v.string()),
  /** `node`, `python` …; taken from the file's ending when absent. */
  runtime: v.optional(v.string()),
  /** For the worker host, opaque to the server: how the client's language finds its modules there. */
  context: v.optional(v.string()),
});

/** A self-contained function's text; it sees globals and its arguments, nothing of where it was written. */
export const sourceTarget = v.strictObject({
  source: v.pipe(v.string(), v.minLength(1)),
  runtime: v.optional(v.string()),
  /** Folder against which the text's imports resolve. Default: the working directory. */
  cwd: v.optional(v.string()),
});

/**
 * A program. In `args`, `env`, `cwd` and `input`, `{item}` stands for the item (its text when it is a string, else its JSON), `{item.name}`
 * for the item's member of that name, `{index}` for its position, and `{{item}}` for the text "{item}" itself; other braces are left alone.
 * When no `args` has `{item…}`, the item is the last argument. With mode `apply` or `starmap` the arguments are appended instead.
 */
export const commandTarget = v.strictObject({
  command: v.pipe(v.string(), v.minLength(1)),
  args: v.optional(v.array(v.string())),
  cwd: v.optional(v.string()),
  env: v.optional(environment()),
  /** Text for the program's standard input, placeholders included. Default: no input. */
  input: v.optional(v.string()),
  /** How many bytes of each of stdout and stderr to keep in the result, the last ones. Default 1 MiB. */
  maxOutputBytes: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
  /** When false, an exit code other than 0 is a result like any other. Default true: it is a failure. */
  check: v.optional(v.boolean()),
});

export const target = v.union([moduleTarget, sourceTarget, commandTarget], "expected a target: {module, export}, {source, runtime} or {command, args}");

export type ModuleTarget = v.InferOutput<typeof moduleTarget>;
export type SourceTarget = v.InferOutput<typeof sourceTarget>;
export type CommandTarget = v.InferOutput<typeof commandTarget>;
/** What a child runs. */
export type Target = ModuleTarget | SourceTarget | CommandTarget;

/** Result of a command. `signal` is set when it was killed. */
export interface CommandResult {
  exitCode: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
  /** True when output was longer than `maxOutputBytes`, so that its beginning is missing. */
  truncated: boolean;
}
