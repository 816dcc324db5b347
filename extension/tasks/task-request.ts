import { readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { resolve } from "node:path";
import type { Target } from "../../protocol/target.js";
import type { ItemSource } from "../items/item-source.js";
import { shellCommand } from "../items/shell-command.js";
import type { RunItem, RunOptions, RunRequest } from "../runs/run.js";
import { DefinitionError, readDefinition, type TaskItems, type TaskSpec, type TaskTarget } from "./definition.js";

export interface TaskPlace {
  name: string;
  /** Folder of the workspace that the task belongs to, absolute; null: of none. */
  folder: string | null;
}

/** A program writes into a pipe here, but what it writes is shown in a terminal: the usual variables say so. */
function surroundings(columns: number): Record<string, string> {
  return {
    COLUMNS: String(columns),
    ...(process.env["NO_COLOR"] ? {} : { FORCE_COLOR: "1", CLICOLOR_FORCE: "1" }),
  };
}

/** How much of a command's output its result keeps; the terminal gets all of it. */
const maxOutputBytes = 256 * 1024;

/** The run of a task. Fails with DefinitionError, and with the errors of `resolveItems`. `columns`: of its terminal. */
export async function taskRequest(
  definition: Record<string, unknown>,
  place: TaskPlace,
  columns: number,
  resolveItems: (source: ItemSource) => Promise<RunItem[]>,
): Promise<RunRequest> {
  const spec = readDefinition(definition);
  const cwd = await folderOf(spec, place);
  const env = { ...surroundings(columns), ...spec.env };
  const target = await targetOf(spec.what, cwd, env);
  const items = await resolveItems(await sourceOf(spec.items, cwd));
  // The chunk size decides to which item output belongs, so no setting changes it.
  return {
    name: place.name,
    target,
    ...("module" in target ? { cwd, env } : {}),
    items,
    options: { ...spec.options, chunkSize: spec.options.chunkSize ?? 1, ...cacheIn(spec, cwd) },
    origin: "task",
  };
}

/** Outcomes depend on the task's own variables, and on those that `cache` names beside them. */
function cacheIn({ options: { cache }, env }: TaskSpec, cwd: string): Pick<RunOptions, "cache"> {
  if (!cache) return cache === undefined ? {} : { cache };
  const { dir, env: more = [], ...rest } = cache === true ? {} : cache;
  const names = [...new Set([...Object.keys(env), ...more])];
  return { cache: { ...rest, env: names, ...(dir === undefined ? {} : { dir: resolve(cwd, dir) }) } };
}

/** Short text for the user: what a definition runs, even if the definition is wrong. */
export function describeDefinition({ command, args, module, export: name }: Record<string, unknown>): string {
  if (typeof module === "string") return `${module}#${typeof name === "string" ? name : "default"}`;
  return [command, ...(Array.isArray(args) ? args : [])].filter((part) => typeof part === "string").join(" ");
}

async function folderOf({ cwd }: TaskSpec, { folder }: TaskPlace): Promise<string> {
  const path = resolve(folder ?? homedir(), cwd);
  if (await isFolder(path)) return path;
  throw new DefinitionError(
    folder !== null && !(await isFolder(folder))
      ? `the task's folder ${folder} is gone`
      : `"cwd": there is no folder ${path}`,
  );
}

async function targetOf(what: TaskTarget, cwd: string, env: Record<string, string | null>): Promise<Target> {
  if (what.kind === "module") {
    const module = resolve(cwd, what.module);
    if (!(await stat(module).catch(() => null))?.isFile())
      throw new DefinitionError(`"module": there is no file ${module}`);
    return { module, ...(what.export === undefined ? {} : { export: what.export }) };
  }
  // The name of the folder is taken literally.
  const folder = cwd.replace(/\{(?:item|index)\}/g, (found) => `{${found}}`);
  if (what.args === null) return shellCommand(what.command, { cwd: folder, env });
  return {
    command: what.command,
    args: what.args,
    cwd: folder,
    maxOutputBytes,
    env,
  };
}

async function sourceOf(items: TaskItems, cwd: string): Promise<ItemSource> {
  switch (items.kind) {
    case "glob":
      return { ...items, folder: cwd };
    case "files":
      return { kind: "files", paths: items.paths.map((path) => resolve(cwd, path)) };
    case "lines":
      return { kind: "lines", text: await textOf(resolve(cwd, items.file)) };
    case "values":
    case "git":
      return items;
  }
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new DefinitionError(
      code === "ENOENT"
        ? `"items.lines": there is no file ${path}`
        : `"items.lines": ${path} cannot be read: ${message}`,
    );
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false;
}
