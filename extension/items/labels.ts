import { relative, sep } from "node:path";

export interface Folder {
  name: string;
  /** Absolute. */
  path: string;
}

/**
 * The label of a path: relative to the innermost workspace folder that contains it, with the folder's name in front if
 * there are several folders. A path outside of the workspace stays absolute.
 */
export function labelOfPath(path: string, folders: readonly Folder[]): string {
  const holders = folders.filter((folder) => path === folder.path || path.startsWith(withSeparator(folder.path)));
  const folder = holders.sort((a, b) => b.path.length - a.path.length)[0];
  if (!folder) return path;
  const inside = relative(folder.path, path);
  if (inside === "") return folder.name;
  return folders.length > 1 ? `${folder.name}/${inside}` : inside;
}

function withSeparator(path: string): string {
  return path.endsWith(sep) ? path : path + sep;
}
