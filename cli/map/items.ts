import { lstatSync } from "node:fs";
import { glob } from "tinyglobby";
import { UsageError } from "../usage-error.js";
import { splitRecords } from "./records.js";

/** One item of a map. */
export type Item =
  | { ok: true; value: unknown; text: string }
  /** The item is invalid and cannot be run. */
  | { ok: false; text: string; reason: string };

export interface ItemSource {
  items: AsyncIterable<Item> | Iterable<Item>;
  /** Number of items; null if unknown. */
  total: number | null;
  /** Stops reading. A pending read of the next item ends, possibly with an error. */
  stop(): void;
}

export interface ItemOptions {
  args: readonly string[];
  globs: readonly string[];
  /** Records on standard input end with NUL, not with a line end. */
  nul: boolean;
  /** Items are JSON texts. */
  json: boolean;
}

/** Returns the items of the command line and of --glob. Without either, those of standard input. */
export async function itemSource(options: ItemOptions, input: NodeJS.ReadStream = process.stdin): Promise<ItemSource> {
  const { args, globs } = options;
  const read = options.json ? readJson : readText;
  if (args.length > 0 || globs.length > 0) {
    if (options.nul)
      throw new UsageError(
        "-0 is for items on standard input, but items were given as arguments or by --glob; leave one of them out",
      );
    const items = [...args.map(read), ...(await matches(globs)).map((path) => misreadName(path) ?? read(path))];
    return { items, total: items.length, stop: () => {} };
  }
  if (input.isTTY)
    throw new UsageError("there are no items: name them, use --glob PATTERN, or pipe them in, one a line");
  return { items: fromStream(input, options.nul, read), total: null, stop: () => void input.destroy() };
}

async function matches(patterns: readonly string[]): Promise<string[]> {
  if (patterns.length === 0) return [];
  const found = await glob([...patterns], { dot: false, onlyFiles: true, expandDirectories: false });
  if (found.length === 0)
    throw new UsageError(
      `--glob: no file matches ${patterns.map((pattern) => JSON.stringify(pattern)).join(" ")} in ${process.cwd()}`,
    );
  return found.sort();
}

/** A file whose name is not UTF-8 cannot be named to a command. Null for all other files. */
function misreadName(path: string): Item | null {
  if (!path.includes("\ufffd") || lstatSync(path, { throwIfNoEntry: false })) return null;
  return { ok: false, text: path, reason: "the file's name is not UTF-8; rename it" };
}

async function* fromStream(input: NodeJS.ReadStream, nul: boolean, read: (text: string) => Item): AsyncGenerator<Item> {
  for await (const record of splitRecords(input, nul ? 0 : 10)) {
    yield typeof record === "string" ? read(record) : { ok: false, ...record };
  }
}

function readText(text: string): Item {
  return { ok: true, value: text, text };
}

function readJson(text: string): Item {
  try {
    return { ok: true, value: JSON.parse(text) as unknown, text };
  } catch (error) {
    return { ok: false, text, reason: `the item is not JSON: ${(error as Error).message}` };
  }
}
