import * as v from "valibot";
import { resourceLimits } from "./resource-limits.js";

/** Text → text, for a child's environment; `null` removes a variable. */
export const environment = () => v.record(v.string(), v.nullable(v.string()));

/** Options of Node, each in one text: `--max-old-space-size=512`, `--import=./hooks.mjs`. */
export const execArgv = () => v.array(v.pipe(v.string(), v.minLength(1)));

/** A function, or a class with `run`, that a module exports. */
export const moduleTarget = v.strictObject({
  /** Absolute path or `file:` URL of the module. */
  module: v.pipe(v.string(), v.minLength(1)),
  /** Name of the export; `a.b` is the member `b` of the export `a`. Default: `default`. */
  export: v.optional(v.string()),
  /** `node`, `python` … Default: by the file's ending. */
  runtime: v.optional(v.string()),
  /**
   * Path of the program that runs it, such as an environment's `bin/python`. Default: that of the configuration, else
   * for `python` that of the environment nearest to the module, else `python3`.
   */
  interpreter: v.optional(v.pipe(v.string(), v.minLength(1))),
  /**
   * For the worker host: how it finds the modules of the client's language. The server does not read it. Default: none.
   */
  context: v.optional(v.string()),
});

/** The source text of a function. It sees globals and its arguments, and no names of the file where it was written. */
export const sourceTarget = v.strictObject({
  source: v.pipe(v.string(), v.minLength(1)),
  runtime: v.optional(v.string()),
  /** Path of the program that runs it. Default: as of a module in `cwd`. */
  interpreter: v.optional(v.pipe(v.string(), v.minLength(1))),
  /** Folder from which the text's imports are resolved. Default: the working directory. */
  cwd: v.optional(v.string()),
});

/**
 * A program. `args`, `env`, `cwd` and `input` may have placeholders: `{item}` is the item (a string as it is, other
 * values as JSON), `{item.name}` the item's member of that name (an item
 * without it fails), `{index}` the item's index, and `{{item}}` the text
 * "{item}" itself. Other braces stay as they are. If no `args` has `{item…}`, the item is the last argument. With mode
 * `apply` or `starmap`, the arguments are appended instead.
 */
export const commandTarget = v.strictObject({
  command: v.pipe(v.string(), v.minLength(1)),
  args: v.optional(v.array(v.string())),
  cwd: v.optional(v.string()),
  env: v.optional(environment()),
  /** Text for the program's standard input; may have placeholders. Default: no input. */
  input: v.optional(v.string()),
  /**
   * The item, a text or bytes, is the program's standard input and no argument. With mode `apply` or `starmap` it is
   * the first of the arguments. Not together with `input`. Default false.
   */
  inputItem: v.optional(v.boolean()),
  /** The result keeps the last `maxOutputBytes` bytes of stdout, and as many of stderr. Default 1 MiB. */
  maxOutputBytes: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
  /**
   * Path of a folder on the server's machine that does not exist yet. The whole output of a stream that has more than
   * `maxOutputBytes` bytes, or is not UTF-8, goes to a file there, and the result names it. The server makes the folder
   * when it is needed, and removes it with its files when the session ends. Only for a pool's commands. Default: none.
   */
  outputFolder: v.optional(v.pipe(v.string(), v.minLength(1))),
  /**
   * The job's session gets the output by `job/output`, as it is written. Only for a pool's commands on the server's own
   * machine, and not for runs. Default false.
   */
  stream: v.optional(v.boolean()),
  /** File mode creation mask of the program. Default: the server's. */
  umask: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(0o777))),
  /** Niceness of the program. The server ignores a value that is not above its own. Default: the server's. */
  nice: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(-20), v.maxValue(19))),
  /**
   * Resource limits of the program, each soft and hard: `cpu` (seconds), `fsize`, `data`, `stack`, `core`, `memlock`,
   * `as` (bytes), `nproc`, `nofile`; null is unlimited. None is set above the server's own hard one. Only on Linux.
   * Default: the server's.
   */
  limits: v.optional(resourceLimits()),
  /** Default true: an exit code other than 0 is a failure. False: it is a result. */
  check: v.optional(v.boolean()),
});

export const target = v.union(
  [moduleTarget, sourceTarget, commandTarget],
  "expected a target: {module, export}, {source, runtime} or {command, args}",
);

export type ModuleTarget = v.InferOutput<typeof moduleTarget>;
export type SourceTarget = v.InferOutput<typeof sourceTarget>;
export type CommandTarget = v.InferOutput<typeof commandTarget>;
/** What a child runs. */
export type Target = ModuleTarget | SourceTarget | CommandTarget;

/** Result of a command. `signal` is set if a signal ended it. */
export interface CommandResult {
  exitCode: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
  /** True if output was longer than `maxOutputBytes`: then its beginning is missing. */
  truncated: boolean;
  /** The file in `outputFolder` with the whole of stdout. Absent: `stdout` is all that is kept. */
  stdoutFile?: string;
  stderrFile?: string;
}
