import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import * as v from "valibot";
import { describeIssues } from "./handlers/issues.js";
import { UsageError } from "./usage-error.js";

/** The usual name of the file. */
const usualName = "polyproc.json";

/** Far longer than a file written by hand. */
const maxBytes = 1024 * 1024;

/** How the file says that worker hosts of a runtime are started. Its paths are absolute here. */
export interface RuntimeConfiguration {
  command: string;
  /** Undefined: for `node` and `python` the arguments that start Polyproc's host; for other runtimes none. */
  args?: string[] | undefined;
  /** Added to the server's environment; null removes a variable. */
  env?: Record<string, string | null> | undefined;
  /** Endings of files that this runtime runs, such as `.pl`. */
  endings?: string[] | undefined;
}

export interface Configuration {
  runtimes: Record<string, RuntimeConfiguration>;
}

const runtimeName = /^[A-Za-z][\w.+-]*$/;
const text = v.pipe(
  v.string(),
  v.check((value) => value !== "" && !value.includes("\0"), "expected a text that is not empty"),
);
const argument = v.pipe(
  v.string(),
  v.check((value) => !value.includes("\0"), "expected a text without NUL"),
);
const ending = v.pipe(
  v.string(),
  v.regex(/^\.[^./\\\s]+$/, 'expected a dot and what follows it, such as ".pl"'),
  v.toLowerCase(),
);

/** valibot accepts an array as an object. */
const object = v.custom<object>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  "expected an object",
);

const schema = v.pipe(
  object,
  v.strictObject({
    runtimes: v.optional(
      v.pipe(
        object,
        v.record(
          v.pipe(
            v.string(),
            v.regex(runtimeName, "expected a name of letters, digits, and . _ + -"),
            v.check((name) => name !== "command", '"command" means programs; expected another name'),
          ),
          v.pipe(
            object,
            v.strictObject({
              command: text,
              args: v.optional(v.array(argument)),
              env: v.optional(
                v.pipe(
                  object,
                  v.record(
                    v.pipe(v.string(), v.regex(/^[^=\0]+$/, "expected a variable's name")),
                    v.nullable(argument),
                  ),
                ),
              ),
              endings: v.optional(v.array(ending)),
            }),
          ),
        ),
      ),
      {},
    ),
  }),
);

/**
 * The configuration that the server uses: that of `--config` (`named`), else that of POLYPROC_CONFIG. A file that
 * neither of them names is not used, because it names programs to run.
 */
export function configurationFile(named: string | null): string | null {
  return named ?? (process.env["POLYPROC_CONFIG"] || null);
}

/**
 * For a server without a configuration: the message about a file in the current folder that is not used; null if there
 * is no such file.
 */
export function unusedConfiguration(folder: string): string | null {
  const path = resolve(folder, usualName);
  return existsSync(path)
    ? `${path} is not used: it names programs to run, so a server reads it only when told, ` +
        "by --config FILE or POLYPROC_CONFIG"
    : null;
}

/** Reads the file; `path` is relative to `folder`. Fails with UsageError, which names the file and the place in it. */
export function readConfiguration(file: string | null, folder: string): Configuration {
  if (file === null) return { runtimes: {} };
  const path = resolve(folder, file);
  const json = read(path);
  const checked = v.safeParse(schema, parse(path, json));
  if (!checked.success)
    throw new UsageError(
      `${path}: ${describeIssues(checked.issues, { whole: "the file", unknown: "not known here" })}`,
    );
  const { runtimes } = checked.output;
  checkEndings(path, runtimes);
  return {
    runtimes: Object.fromEntries(
      Object.entries(runtimes).map(([name, runtime]) => [name, inFolder(runtime, dirname(path))]),
    ),
  };
}

function read(path: string): string {
  try {
    const stat = statSync(path);
    if (!stat.isFile()) throw new UsageError(`${path} is not a file`);
    if (stat.size > maxBytes)
      throw new UsageError(`${path} has ${stat.size} bytes, and a configuration ${maxBytes} at most`);
    return readFileSync(path, "utf8").replace(/^\ufeff/, "");
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(
      code === "ENOENT"
        ? `the configuration ${path} does not exist: see --config and POLYPROC_CONFIG`
        : `${path} cannot be read: ${message}`,
    );
  }
}

function parse(path: string, json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    const { message } = error as SyntaxError;
    const position = /at position (\d+)/.exec(message)?.[1];
    throw new UsageError(
      `${path}${position === undefined ? "" : place(json, Number(position))}: ` +
        `${message.replace(/ in JSON at position.*/, "")}`,
    );
  }
}

function place(json: string, offset: number): string {
  const before = json.slice(0, offset).split("\n");
  return `, line ${before.length}, column ${before.at(-1)!.length + 1}`;
}

/** An ending belongs to one runtime only. */
function checkEndings(path: string, runtimes: Record<string, RuntimeConfiguration>): void {
  const owners = new Map<string, string>();
  for (const [name, { endings = [] }] of Object.entries(runtimes)) {
    for (const one of endings) {
      const owner = owners.get(one) ?? name;
      if (owner !== name)
        throw new UsageError(
          `${path}: runtimes.${name}.endings: ${JSON.stringify(one)} is also among those of ${owner}; ` +
            "a file runs in one of them",
        );
      owners.set(one, name);
    }
  }
}

/** Paths that begin with `./` or `../` are relative to the configuration's folder. */
function inFolder({ command, args, ...rest }: RuntimeConfiguration, folder: string): RuntimeConfiguration {
  const absolute = (word: string) => (/^\.\.?\//.test(word) ? resolve(folder, word) : word);
  return { ...rest, command: absolute(command), args: args?.map(absolute) };
}
