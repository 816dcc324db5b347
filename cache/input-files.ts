import { globSync } from "tinyglobby";

/** Absolute paths of the files that match the patterns, relative to the folder. Throws an Error if one matches none. */
export function inputFiles(patterns: readonly string[], folder: string): string[] {
  return patterns.flatMap((pattern) => {
    const found = globSync([pattern], { cwd: folder, dot: true, absolute: true, expandDirectories: false });
    if (found.length === 0) throw new Error(`no file matches ${JSON.stringify(pattern)} in ${folder}`);
    return found;
  });
}
