import { createReadStream, existsSync, type readdir } from "node:fs";
import { glob } from "tinyglobby";
import { hasRawBytes, textToBytes } from "../../../protocol/escaped-text.js";
import { UsageError } from "../../usage-error.js";
import type { Columns } from "./columns.js";
import { combine, type InputSource } from "./input-sources.js";
import { readFolder } from "./raw-names.js";
import { splitRecords } from "./records.js";

/**
 * One item of a map. `fields`: what `{1}`, `{2}` … stand for. In texts, bytes that are not UTF-8 are escaped
 * (`protocol/escaped-text.ts`); a value is bytes then.
 */
export type Item =
  | {
      ok: true;
      value: unknown;
      text: string;
      fields: readonly string[];
      /** The items that were put together into this one. Absent: it is a single one. */
      parts?: readonly (Item & { ok: true })[];
    }
  /** The item is invalid and cannot be run. */
  | { ok: false; text: string; reason: string };

export interface ItemSource {
  items: AsyncIterable<Item> | Iterable<Item>;
  /** Number of items; null if unknown. */
  total: number | null;
  /** Names of the fields, from the header. */
  names: readonly string[];
  /** Items may have several fields, or named ones. */
  hasFields: boolean;
  /** Stops reading. A pending read of the next item ends, possibly with an error. */
  stop(): void;
}

export interface ItemOptions {
  args: readonly string[];
  globs: readonly string[];
  /** Files with items, one source each; `-` is standard input. */
  files: readonly string[];
  sources: readonly InputSource[];
  /** The byte that ends a record of a file or of standard input. */
  separator: number;
  /** Items are JSON texts. */
  json: boolean;
  /** Items may have bytes that are not UTF-8: commands take them. */
  raw: boolean;
  columns: Columns | null;
  /** The first value of each source names its fields. */
  header: boolean;
  shuffle: boolean;
  /** From which ends of each field blanks are removed. */
  trim: Trim;
}

/** `n`: none; `l`: left; `r`: right; `lr` and `rl`: both. */
export type Trim = "n" | "l" | "r" | "lr" | "rl";

/** Texts of one source: all at once, or read as they are needed. */
type Texts = string[] | NodeJS.ReadableStream;

/** Returns the items of the command line, of --glob and of files. Without any, those of standard input. */
export async function itemSource(options: ItemOptions, input: NodeJS.ReadStream = process.stdin): Promise<ItemSource> {
  const sources = await openSources(options, input);
  const [only] = sources;
  if (sources.length === 1 && !Array.isArray(only!.texts) && !options.shuffle) return streamed(only!.texts, options);
  const lists = await Promise.all(
    sources.map(async ({ texts, linked }) => ({ values: await allTexts(texts, options), linked })),
  );
  const names: string[] = [];
  if (options.header)
    for (const { values } of lists) {
      const first = values.shift();
      if (first === undefined) throw new UsageError("--header: an input is empty, so it has no names");
      names.push(...fieldsOf(first, options));
    }
  const items = lists.length === 1 ? lists[0]!.values.map((text) => read([text], options)) : combined(lists, options);
  if (options.shuffle) shuffle(items);
  return { items, total: items.length, names, hasFields: lists.length > 1 || hasColumns(options), stop: () => {} };
}

async function openSources(
  { args, globs, files, sources, separator }: ItemOptions,
  input: NodeJS.ReadStream,
): Promise<{ texts: Texts; linked: boolean }[]> {
  const opened: { texts: Texts; linked: boolean }[] = files.map((file) => ({
    texts: openInput(file, input),
    linked: false,
  }));
  if (args.length > 0 || globs.length > 0) opened.push({ texts: [...args, ...(await matches(globs))], linked: false });
  for (const { values, from, linked } of sources) {
    if (from === "arguments") opened.push({ texts: [...values], linked });
    else if (values.length === 0) throw new UsageError(":::: is followed by the names of files");
    else values.forEach((file, i) => opened.push({ texts: openInput(file, input), linked: linked && i === 0 }));
  }
  if (opened.length === 0) {
    if (input.isTTY)
      throw new UsageError("there are no items: name them, use --glob PATTERN, or pipe them in, one a line");
    return [{ texts: input, linked: false }];
  }
  if (separator !== 10 && opened.every(({ texts }) => Array.isArray(texts)))
    throw new UsageError(
      "-0 and -d are for items in files and on standard input, but items were given as arguments or by --glob; " +
        "leave one of them out",
    );
  return opened;
}

/** Opens a file with items; `-`: standard input. Throws UsageError. */
export function openInput(file: string, input: NodeJS.ReadStream): NodeJS.ReadableStream {
  if (file === "-") return input;
  if (!existsSync(file)) throw new UsageError(`there is no file ${file} to read items from`);
  return createReadStream(file);
}

async function matches(patterns: readonly string[]): Promise<string[]> {
  if (patterns.length === 0) return [];
  const fs = { readdir: readFolder as typeof readdir };
  const found = await glob([...patterns], { dot: false, onlyFiles: true, expandDirectories: false, fs });
  if (found.length === 0)
    throw new UsageError(
      `--glob: no file matches ${patterns.map((pattern) => JSON.stringify(pattern)).join(" ")} in ${process.cwd()}`,
    );
  return found.sort();
}

async function streamed(input: NodeJS.ReadableStream, options: ItemOptions): Promise<ItemSource> {
  const records = splitRecords(input as AsyncIterable<Uint8Array>, options.separator);
  let names: string[] = [];
  if (options.header) {
    const { value, done } = await records.next();
    if (done) throw new UsageError("--header: the first line, which has the names, cannot be read");
    names = fieldsOf(value, options);
  }
  const items = async function* (): AsyncGenerator<Item> {
    for await (const record of records) yield read([record], options);
  };
  return {
    items: items(),
    total: null,
    names,
    hasFields: hasColumns(options),
    stop: () => void (input as NodeJS.ReadStream).destroy(),
  };
}

async function allTexts(texts: Texts, { separator }: ItemOptions): Promise<string[]> {
  if (Array.isArray(texts)) return texts;
  const all: string[] = [];
  for await (const record of splitRecords(texts as AsyncIterable<Uint8Array>, separator)) {
    all.push(record);
  }
  return all;
}

function combined(lists: readonly { values: readonly string[]; linked: boolean }[], options: ItemOptions): Item[] {
  if (options.json) throw new UsageError("--json-items takes one input: JSON has members of its own");
  return [...combine(lists)].map((texts) => read(texts, options));
}

/** The item of a record, or of one record of each source. */
function read(texts: readonly string[], options: ItemOptions): Item {
  const text = columnless(texts.join(" "), options);
  const isRaw = hasRawBytes(text);
  if (isRaw && (options.json || !options.raw)) return { ok: false, text, reason: "the item is not UTF-8" };
  try {
    if (options.json) return { ok: true, value: JSON.parse(text) as unknown, text, fields: [text] };
  } catch (error) {
    return { ok: false, text, reason: `the item is not JSON: ${(error as Error).message}` };
  }
  try {
    const fields = texts.flatMap((each) => fieldsOf(each, options));
    const value = fields.length === 1 && texts.length === 1 ? (isRaw ? textToBytes(text) : text) : fields;
    return { ok: true, value, text, fields };
  } catch (error) {
    return { ok: false, text, reason: (error as Error).message };
  }
}

function hasColumns({ columns, header }: ItemOptions): boolean {
  return columns !== null || header;
}

function fieldsOf(text: string, { columns, trim }: ItemOptions): string[] {
  return (columns ? columns(text) : [text]).map((field) => trimmed(field, trim));
}

/** The whole item, which is its one field if it has no columns. */
function columnless(text: string, { columns, trim }: ItemOptions): string {
  return columns ? text : trimmed(text, trim);
}

function trimmed(text: string, trim: Trim): string {
  const left = trim.includes("l") ? text.trimStart() : text;
  return trim.includes("r") ? left.trimEnd() : left;
}

function shuffle(items: Item[]): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
}
