import type { RunItem } from "../runs/run.js";
import { fileItem, workspaceFolders } from "./file-item.js";
import { expandPaths, findFiles } from "./find-files.js";
import { changedFiles } from "./git-changes.js";
import { ItemsError, type ItemSource } from "./item-source.js";
import { lineItems } from "./lines.js";
import { valueItems } from "./values.js";

/** The source's items. Rejects with ItemsError, also when there are none; with the signal's reason when that fires. */
export async function resolveItems(source: ItemSource, signal?: AbortSignal): Promise<RunItem[]> {
  const items = await itemsOf(source, signal);
  if (items.length === 0) throw new ItemsError(noItems(source));
  return items;
}

async function itemsOf(source: ItemSource, signal?: AbortSignal): Promise<RunItem[]> {
  switch (source.kind) {
    case "files":
      return asItems(await expandPaths(source.paths, signal));
    case "glob":
      return asItems(await findFiles(source.include, source.exclude ?? [], source.folder, signal));
    case "git":
      return asItems(await changedFiles());
    case "lines":
      return lineItems(source.text);
    case "values":
      return valueItems(source.values);
  }
}

function asItems(paths: readonly string[]): RunItem[] {
  const folders = workspaceFolders();
  return paths.map((path) => fileItem(path, folders));
}

function noItems(source: ItemSource): string {
  switch (source.kind) {
    case "files":
      return source.paths.length === 0 ? "no file is chosen" : "there is no file in what is chosen";
    case "glob": {
      const patterns = source.include.map((pattern) => JSON.stringify(pattern)).join(" or ");
      return `no file matches ${patterns}${source.folder === undefined ? "" : ` in ${source.folder}`}`;
    }
    case "git":
      return "no file is changed in Git";
    case "lines":
      return "there is no line with text in it";
    case "values":
      return "the list of values is empty";
  }
}
