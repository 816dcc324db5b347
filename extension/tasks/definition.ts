import { parseDuration } from "../../protocol/duration.js";
import { parseHalt } from "../../protocol/halt.js";
import type { Cache, Halt } from "../../protocol/run.js";
import type { RunOptions } from "../runs/run.js";

/** The definition of a task in tasks.json, parsed and checked. Paths and patterns are unchanged. */
export interface TaskSpec {
  what: TaskTarget;
  items: TaskItems;
  /** Folder to which paths are relative, and in which the command runs. */
  cwd: string;
  /** Changes to the environment of what runs. */
  env: Record<string, string | null>;
  options: RunOptions;
}

export type TaskTarget =
  /** Without `args` a line for the shell. */
  | { kind: "command"; command: string; args: string[] | null }
  | { kind: "module"; module: string; export: string | undefined };

export type TaskItems =
  | { kind: "glob"; include: string[]; exclude: string[] }
  | { kind: "files"; paths: string[] }
  /** `file`: its lines are the items. */
  | { kind: "lines"; file: string }
  | { kind: "values"; values: unknown[] }
  | { kind: "git" };

/** The task's definition is wrong. The message, for the user, names the property and says what is expected. */
export class DefinitionError extends Error {
  override readonly name = "DefinitionError";
}

const itemSources = ["glob", "files", "lines", "values", "git"] as const;
const cacheMembers: readonly string[] = ["dir", "inputs", "env"];
const durationText = 'a duration: 10 (seconds), "500ms", "30s", "2m" or "1h"';

/** Reads the definition of a task of type `polyproc`. Fails with DefinitionError. */
export function readDefinition(definition: Record<string, unknown>): TaskSpec {
  const what = readTarget(definition);
  const options: RunOptions = {
    processes: wholeNumber(definition, "processes", 1, 4096),
    chunkSize: wholeNumber(definition, "chunkSize", 1),
    retries: wholeNumber(definition, "retries", 0),
    timeoutMs: readTimeout(definition["timeout"]),
    halt: readHalt(definition["halt"]),
    ...readPlace(definition["where"]),
    ...readCache(definition["cache"]),
  };
  if (options.cache && options.where === "cluster")
    throw new DefinitionError('"cache": outcomes of a cluster are not kept; leave "cache" or "where" out');
  if (what.kind === "command" && options.chunkSize !== undefined && options.chunkSize > 1)
    throw new DefinitionError('"chunkSize" is for functions: a command gets one item at a time');
  return {
    what,
    items: readItems(definition["items"]),
    cwd: optionalText(definition, "cwd") ?? ".",
    env: readEnvironment(definition["env"]),
    options,
  };
}

function readPlace(where: unknown): Pick<RunOptions, "where"> {
  if (where === undefined) return {};
  if (where === "here" || where === "cluster") return { where };
  throw new DefinitionError('"where" is "here" or "cluster"');
}

/** Paths are unchanged. */
function readCache(value: unknown): Pick<RunOptions, "cache"> {
  if (value === undefined) return {};
  if (typeof value === "boolean") return { cache: value };
  if (!isRecord(value)) throw expected('"cache"', "true, false or an object", value);
  const unknown = Object.keys(value).find((name) => !cacheMembers.includes(name));
  if (unknown !== undefined)
    throw new DefinitionError(`"cache.${unknown}" is not known; there are ${cacheMembers.join(", ")}`);
  const dir = value["dir"] === undefined ? undefined : optionalText({ "cache.dir": value["dir"] }, "cache.dir");
  const cache: Cache = {
    ...(dir === undefined ? {} : { dir }),
    ...(value["inputs"] === undefined ? {} : { inputs: texts(value["inputs"], "cache.inputs", 1) }),
    ...(value["env"] === undefined ? {} : { env: texts(value["env"], "cache.env", 1) }),
  };
  return { cache };
}

function readTarget(definition: Record<string, unknown>): TaskTarget {
  const command = optionalText(definition, "command");
  const module = optionalText(definition, "module");
  if (command === undefined && module === undefined)
    throw new DefinitionError('say what to run: "command", such as "gzip -9 {item}", or "module" and "export"');
  if (command !== undefined && module !== undefined)
    throw new DefinitionError('give either "command" or "module", not both');
  if (module !== undefined) {
    if (definition["args"] !== undefined)
      throw new DefinitionError('"args" is for commands: a function gets the item alone');
    return { kind: "module", module, export: optionalText(definition, "export") };
  }
  if (definition["export"] !== undefined)
    throw new DefinitionError('"export" names a function of "module", which is missing');
  const args = definition["args"] === undefined ? null : texts(definition["args"], "args", 0);
  if (args && /\{(?:item[^}]*|index)\}/.test(command!))
    throw new DefinitionError(
      'with "args", "command" is a program and cannot be a placeholder; put {item} into "args"',
    );
  return { kind: "command", command: command!, args };
}

function readEnvironment(value: unknown): Record<string, string | null> {
  if (value === undefined) return {};
  if (!isRecord(value)) throw expected('"env"', "an object of texts, null removes a variable", value);
  for (const [name, text] of Object.entries(value))
    if (typeof text !== "string" && text !== null)
      throw expected(`"env.${name}"`, "a text, or null to remove the variable", text);
  return value as Record<string, string | null>;
}

function readItems(value: unknown): TaskItems {
  if (value === undefined)
    throw new DefinitionError('"items" is missing: say what to run it on, such as { "glob": "src/**/*.ts" }');
  if (!isRecord(value)) throw expected('"items"', `an object with one of ${itemSources.join(", ")}`, value);
  const [source, ...more] = itemSources.filter((name) => value[name] !== undefined);
  if (source === undefined) throw new DefinitionError(`"items" needs one of ${itemSources.join(", ")}`);
  if (more.length > 0)
    throw new DefinitionError(
      `"items" has ${[source, ...more].join(" and ")}: only one of them counts, leave the others out`,
    );
  const unknown = Object.keys(value).find((name) => name !== source && !(source === "glob" && name === "exclude"));
  if (unknown !== undefined)
    throw new DefinitionError(
      unknown === "exclude"
        ? '"items.exclude" goes together with "items.glob" only'
        : `"items.${unknown}" is not known; there are ${itemSources.join(", ")}, and exclude beside glob`,
    );
  const given = value[source];
  switch (source) {
    case "glob":
      return {
        kind: "glob",
        include: texts(given, "items.glob", 1),
        exclude: value["exclude"] === undefined ? [] : texts(value["exclude"], "items.exclude", 0),
      };
    case "files":
      return { kind: "files", paths: texts(given, "items.files", 1) };
    case "lines":
      if (typeof given !== "string" || given === "") throw expected('"items.lines"', "the path of a text file", given);
      return { kind: "lines", file: given };
    case "values":
      if (!Array.isArray(given)) throw expected('"items.values"', "an array", given);
      return { kind: "values", values: given as unknown[] };
    case "git":
      if (given !== true) throw expected('"items.git"', "true", given);
      return { kind: "git" };
  }
}

function readTimeout(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const ms = typeof value === "number" ? value * 1000 : typeof value === "string" ? parseDuration(value) : undefined;
  if (ms !== undefined && ms > 0 && Number.isFinite(ms)) return ms;
  throw expected('"timeout"', durationText, value);
}

function readHalt(value: unknown): Halt | undefined {
  if (value === undefined) return undefined;
  const parsed = typeof value === "string" ? parseHalt(value) : undefined;
  if (!parsed) throw expected('"halt"', '"never", "soon", "now", "soon,fail=3" or "now,fail=3"', value);
  return parsed.when === "never" ? undefined : { failures: parsed.failures, now: parsed.when === "now" };
}

function wholeNumber(
  definition: Record<string, unknown>,
  name: string,
  minimum: number,
  maximum = Number.MAX_SAFE_INTEGER,
): number | undefined {
  const value = definition[name];
  if (value === undefined) return undefined;
  if (Number.isSafeInteger(value) && (value as number) >= minimum && (value as number) <= maximum)
    return value as number;
  throw expected(
    `"${name}"`,
    maximum === Number.MAX_SAFE_INTEGER
      ? `a whole number from ${minimum} on`
      : `a whole number from ${minimum} to ${maximum}`,
    value,
  );
}

function optionalText(definition: Record<string, unknown>, name: string): string | undefined {
  const value = definition[name];
  if (value === undefined) return undefined;
  if (typeof value === "string" && value.trim() !== "") return value;
  throw expected(`"${name}"`, "a text", value);
}

/** A text or a list of them. */
function texts(value: unknown, name: string, minimum: number): string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if (list.length < minimum) throw expected(`"${name}"`, "at least one text", value);
  const wrong = list.find((one) => typeof one !== "string" || (minimum > 0 && one === ""));
  if (list.length > 0 && wrong !== undefined) throw expected(`"${name}"`, "a text or a list of texts", wrong);
  if (list.some((one) => one === undefined)) throw expected(`"${name}"`, "a list of texts", value);
  return list as string[];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function expected(name: string, what: string, value: unknown): DefinitionError {
  const shown = JSON.stringify(value) ?? String(value);
  return new DefinitionError(`${name} must be ${what}; it is ${shown.length > 60 ? `${shown.slice(0, 59)}…` : shown}`);
}
