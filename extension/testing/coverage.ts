import { readdir, readFile, realpath } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** How often a line ran. */
export interface CoveredLine {
  /** From 0. */
  line: number;
  length: number;
  count: number;
}

/** What V8 writes for a script. Offsets are those of its source; the ranges of a function are nested. */
interface ScriptCoverage {
  url: string;
  functions: { ranges: { startOffset: number; endOffset: number; count: number }[] }[];
}

interface Report {
  result: ScriptCoverage[];
  /** Scripts whose source is not what ran. */
  "source-map-cache"?: Record<string, unknown>;
}

/**
 * What ran, by file: the sum of the reports that the Node processes of a run wrote into `folder` (NODE_V8_COVERAGE).
 * Only files in `root`, without those of packages. A file that was transformed before it ran is left out: its offsets
 * are those of the transformed text.
 */
export async function readCoverage(folder: string, root: string): Promise<Map<string, CoveredLine[]>> {
  const files = new Map<string, CoveredLine[]>();
  // Node names modules by their real paths.
  const realRoot = await realpath(root);
  for (const name of await readdir(folder)) {
    const { result, "source-map-cache": mapped = {} } = await readReport(join(folder, name));
    for (const script of result) {
      if (!script.url.startsWith("file:") || script.url in mapped) continue;
      const real = fileURLToPath(script.url);
      if (!real.startsWith(realRoot + sep) || real.includes(`${sep}node_modules${sep}`)) continue;
      const text = await readFile(real, "utf8").catch(() => null);
      const path = join(root, relative(realRoot, real));
      if (text !== null) files.set(path, sum(files.get(path), coveredLines(script, text)));
    }
  }
  return files;
}

/** Empty if its process was killed while it wrote. */
async function readReport(path: string): Promise<Report> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Report;
  } catch {
    return { result: [] };
  }
}

/** How often each line of a source ran, without blank lines and comments: as often as the part that ran most. */
export function coveredLines({ functions }: Pick<ScriptCoverage, "functions">, text: string): CoveredLine[] {
  const counts = new Float64Array(text.length);
  // An inner range comes after the one around it, and an inner function is written over the outer one.
  const ranges = functions.flatMap((each) => each.ranges);
  const outerFirst = ranges.toSorted((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset);
  for (const { startOffset, endOffset, count } of outerFirst) counts.fill(count, startOffset, endOffset);
  const lines: CoveredLine[] = [];
  let start = 0;
  for (const [line, whole] of text.split("\n").entries()) {
    const shown = whole.trim();
    const from = start + whole.indexOf(shown);
    if (/[\p{Letter}\p{Number}]/u.test(shown) && !/^(?:\/\/|\/\*|\* )/.test(shown))
      lines.push({ line, length: whole.length, count: most(counts.subarray(from, from + shown.length)) });
    start += whole.length + 1;
  }
  return lines;
}

function most(counts: Float64Array): number {
  return counts.reduce((before, count) => Math.max(before, count), 0);
}

function sum(before: readonly CoveredLine[] | undefined, lines: CoveredLine[]): CoveredLine[] {
  return before?.length === lines.length
    ? lines.map((line, i) => ({ ...line, count: line.count + before[i]!.count }))
    : lines;
}
