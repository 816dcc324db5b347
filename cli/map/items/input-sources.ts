import { UsageError } from "../../usage-error.js";

/** `:::` and `::::` of a command line, in order. */
export interface InputSource {
  /** The values, or for `::::` the files that have them, one a line. */
  values: readonly string[];
  from: "arguments" | "files";
  /** With `+`: its values go with those of the source before, instead of being combined with each of them. */
  linked: boolean;
}

const separator = /^:::(:?)(\+?)$/;

export interface SplitSources {
  /** Those before the first separator. */
  words: string[];
  sources: InputSource[];
}

/** Splits words at `:::`, `:::+`, `::::` and `::::+`. */
export function splitSources(all: readonly string[]): SplitSources {
  const first = all.findIndex((word) => separator.test(word));
  if (first === -1) return { words: [...all], sources: [] };
  const sources: (InputSource & { values: string[] })[] = [];
  for (const word of all.slice(first)) {
    const found = separator.exec(word);
    if (!found) sources.at(-1)!.values.push(word);
    else sources.push({ values: [], from: found[1] ? "files" : "arguments", linked: found[2] === "+" });
  }
  if (sources[0]!.linked) throw new UsageError("the first input has no + : there is none before it to link it to");
  return { words: all.slice(0, first), sources };
}

/**
 * Every combination of the sources' values, the last one changing first. A linked source's values go with those of the
 * source before; values that have no partner are left out.
 */
export function* combine(sources: readonly { values: readonly string[]; linked: boolean }[]): Generator<string[]> {
  const rows: (readonly string[][])[] = [];
  for (const { values, linked } of sources) {
    if (!linked) rows.push(values.map((value) => [value]));
    else
      rows.push(
        rows
          .pop()!
          .slice(0, values.length)
          .map((row, i) => [...row, values[i]!]),
      );
  }
  yield* product(rows, 0, []);
}

function* product(rows: readonly (readonly string[][])[], at: number, before: string[]): Generator<string[]> {
  if (at === rows.length) {
    yield before;
    return;
  }
  for (const row of rows[at]!) yield* product(rows, at + 1, [...before, ...row]);
}
