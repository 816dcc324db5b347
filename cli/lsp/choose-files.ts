import { extname } from "node:path";
import { glob } from "tinyglobby";

/** Most kinds of files that are offered. */
const maxChoices = 6;

/** Files of one kind, for the question. */
export interface Choice {
  title: string;
  files: string[];
}

/** The kinds of files in the workspace, the most frequent first; `patterns`: what the user's settings name instead. */
export async function fileChoices(folder: string, patterns: readonly string[]): Promise<Choice[]> {
  const options = { cwd: folder, absolute: true, onlyFiles: true, ignore: ["**/node_modules/**", "**/.git/**"] };
  if (patterns.length > 0) {
    const found = await Promise.all(
      patterns.map(async (pattern) => ({ pattern, files: (await glob([pattern], options)).sort() })),
    );
    return found
      .filter(({ files }) => files.length > 0)
      .map(({ pattern, files }) => ({ title: `${pattern} (${files.length})`, files }));
  }
  const byEnding = new Map<string, string[]>();
  for (const file of (await glob(["**/*"], options)).sort()) {
    const ending = extname(file);
    if (ending !== "") byEnding.set(ending, [...(byEnding.get(ending) ?? []), file]);
  }
  return [...byEnding]
    .sort(([, a], [, b]) => b.length - a.length)
    .slice(0, maxChoices)
    .map(([ending, files]) => ({ title: `*${ending} (${files.length})`, files }));
}
