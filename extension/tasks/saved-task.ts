import { isAbsolute, relative } from "node:path";
import type { Cache } from "../../protocol/run.js";
import type { CommandTarget } from "../../protocol/target.js";
import type { ItemSource } from "../items/item-source.js";
import type { Folder } from "../items/labels.js";
import { withoutName } from "../items/patterns.js";
import type { RunOptions, RunRequest } from "../runs/run.js";

/** Longest list that is saved: a person must be able to read tasks.json. */
const maxListed = 1000;

/** The run cannot be a task. The message, for the user, says why. */
export class SaveError extends Error {
  override readonly name = "SaveError";
}

/**
 * The definition of a task that runs the same again. `folder`: the workspace's folder whose tasks.json it is for; its
 * name is empty if there is no other. Fails with SaveError.
 */
export function savedTask(request: RunRequest, label: string, folder: Folder): Record<string, unknown> {
  const { target, env } = request;
  const isCommand = "command" in target;
  const base = (isCommand ? target.cwd : request.cwd) ?? folder.path;
  const variables = isCommand ? target.env : env;
  return {
    label,
    type: "polyproc",
    ...whatOf(request, base),
    items: itemsOf(request, base, folder),
    ...(base === folder.path ? {} : { cwd: pathIn(folder.path, base) }),
    ...(variables === undefined ? {} : { env: variables }),
    ...optionsOf(request.options),
    // Without it the editor asks at each start which one to use.
    problemMatcher: [],
  };
}

function whatOf({ target, recipe }: RunRequest, base: string): Record<string, unknown> {
  if ("command" in target) {
    for (const name of ["input", "check"] as const)
      if (target[name] !== undefined) throw new SaveError(`a task's command has no "${name}"`);
    return isLine(target) && recipe
      ? { command: recipe.what }
      : { command: target.command, ...(target.args ? { args: target.args } : {}) };
  }
  if (!("module" in target)) throw new SaveError("its function is a text, and a task runs a function of a file");
  return {
    module: pathIn(base, modulePath(target.module)),
    ...(target.export === undefined || target.export === "default" ? {} : { export: target.export }),
  };
}

/** Whether the command was made of a line for the shell. */
function isLine({ command, args }: CommandTarget): boolean {
  return command === "sh" && args?.[0] === "-c";
}

function modulePath(module: string): string {
  return module.startsWith("file://") ? decodeURIComponent(module.slice("file://".length)) : module;
}

function itemsOf({ recipe, items }: RunRequest, base: string, folder: Folder): Record<string, unknown> {
  const found = recipe && base === folder.path ? sourceOf(recipe.source, items, folder) : null;
  if (found) return found;
  if (items.length > maxListed)
    throw new SaveError(
      `its ${items.length.toLocaleString("en")} items are no list for tasks.json: ` +
        "start it with a pattern of files, then save it",
    );
  return items.every(({ value, file }) => file !== null && file === value)
    ? { files: items.map(({ file }) => pathIn(base, file!)) }
    : { values: items.map(({ value }) => value) };
}

/** The task's `items`. Null if a task in this folder would find other items. */
function sourceOf(source: ItemSource, items: RunRequest["items"], folder: Folder): Record<string, unknown> | null {
  switch (source.kind) {
    case "git":
      return { git: true };
    case "files":
      return { files: source.paths.map((path) => pathIn(folder.path, path)) };
    case "glob": {
      if (source.folder !== undefined || items.some(({ file }) => file === null || !isIn(folder.path, file)))
        return null;
      const [include, exclude] = [source.include, source.exclude ?? []].map((patterns) =>
        patterns.map((pattern) => withoutName(pattern, folder) ?? pattern),
      );
      return { glob: oneOrAll(include!), ...(exclude!.length === 0 ? {} : { exclude: oneOrAll(exclude!) }) };
    }
    case "lines":
    case "values":
      return null;
  }
}

function optionsOf({
  processes,
  chunkSize,
  retries,
  timeoutMs,
  halt,
  cache,
  where,
}: RunOptions): Record<string, unknown> {
  return {
    ...(processes ? { processes } : {}),
    ...(chunkSize === undefined || chunkSize === 1 ? {} : { chunkSize }),
    ...(timeoutMs ? { timeout: timeoutMs % 1000 === 0 ? timeoutMs / 1000 : `${timeoutMs}ms` } : {}),
    ...(retries ? { retries } : {}),
    ...(halt === undefined ? {} : { halt: `${halt.now ? "now" : "soon"},fail=${halt.failures}` }),
    ...(cache ? { cache: cache === true || cacheMembers(cache) } : {}),
    ...(where === "cluster" ? { where } : {}),
  };
}

/** What a task can say of its cache: its own variables count without being named. */
function cacheMembers({ dir, inputs }: Cache): Record<string, unknown> | true {
  const members = { ...(dir === undefined ? {} : { dir }), ...(inputs && inputs.length > 0 ? { inputs } : {}) };
  return Object.keys(members).length === 0 || members;
}

function oneOrAll(texts: readonly string[]): string | readonly string[] {
  return texts.length === 1 ? texts[0]! : texts;
}

/** Relative to the folder, if it is in there. */
function pathIn(folder: string, path: string): string {
  return isIn(folder, path) ? relative(folder, path) || "." : path;
}

function isIn(folder: string, path: string): boolean {
  const inside = relative(folder, path);
  return inside !== ".." && !inside.startsWith("../") && !isAbsolute(inside);
}
