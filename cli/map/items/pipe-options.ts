import { type Command, InvalidArgumentError } from "commander";
import { UsageError } from "../../usage-error.js";
import { maxBlockBytes, splitBlocks } from "./blocks.js";
import type { InputSource } from "./input-sources.js";
import type { GivenItemOptions } from "./item-options.js";
import { openInput, type Item, type ItemSource } from "./items.js";
import { size } from "../limits/limit-options.js";

/** What the command line says of standard input in blocks. */
export interface PipeOptions {
  pipe?: true;
  block?: number;
  recend?: string;
  recstart?: string;
}

const usualBlockBytes = 1024 * 1024;

export function addPipeOptions(command: Command): Command {
  return command
    .option(
      "--pipe",
      "give each command a block of standard input (or of -a FILE) as its standard input, not an item; records stay " +
        "whole; with -n, blocks of N records",
    )
    .option("--block <size>", "with --pipe: bytes of a block, such as 64k or 10M, up to 32M (default: 1M)", blockSize)
    .option("--recend <text>", "with --pipe: what ends a record (default: \\n, a line end)", escapes)
    .option("--recstart <text>", "with --pipe: what begins a record", escapes);
}

function blockSize(text: string): number {
  const bytes = size(text);
  if (bytes <= maxBlockBytes) return bytes;
  throw new InvalidArgumentError(`Expected at most ${maxBlockBytes / 1024 / 1024}M.`);
}

const characters: Record<string, string> = { n: "\n", t: "\t", r: "\r", "0": "\0" };

function escapes(text: string): string {
  return text.replace(/\\([ntr0\\])/g, (_, letter: string) => characters[letter] ?? letter);
}

interface Around extends PipeOptions, GivenItemOptions {
  replace?: string;
  module?: string;
  detach?: true;
  cluster?: unknown;
  cache?: true;
  resume?: true;
  resumeFailed?: true;
  splitOnFailure?: true;
}

/** Throws UsageError for options that contradict each other. `items`: those of the command line. */
export function checkPipe(options: Around, items: readonly string[], inputs: readonly InputSource[]): void {
  if (!options.pipe) {
    for (const name of ["block", "recend", "recstart"] as const)
      if (options[name] !== undefined) throw new UsageError(`--${name} is for --pipe, which is missing`);
    return;
  }
  if (items.length > 0 || inputs.length > 0 || options.glob)
    throw new UsageError("--pipe gives commands standard input: leave the items out, or --pipe");
  const others = [
    ["-0 (use --recend '\\0')", options.null],
    ["-d (use --recend)", options.delimiter],
    ["--json-items", options.jsonItems],
    ["--colsep", options.colsep],
    ["--csv", options.csv],
    ["--header", options.header],
    ["--shuf", options.shuf],
    ["-L (use -n: blocks of N lines)", options.maxLines],
    ["--trim", options.trim],
    ["--replace", options.replace],
    ["-X", options.X],
    ["-m", options.m],
    ["--split-on-failure", options.splitOnFailure],
    ["--module", options.module],
    ["--detach", options.detach],
    ["--cluster", options.cluster],
    ["--cache", options.cache],
    ["--resume", options.resume],
    ["--resume-failed", options.resumeFailed],
  ] as const;
  for (const [name, value] of others)
    if (value !== undefined)
      throw new UsageError(`${name} needs items, and --pipe has blocks of standard input: leave one of them out`);
  if (options.maxArgs !== undefined && options.block !== undefined)
    throw new UsageError("-n and --block both say how long a block is: give one of them");
}

/** Blocks of standard input, or of the files of `-a`, as items: each one's value is its bytes. */
export function pipeSource({ argFile, block, maxArgs, recend, recstart }: Around): ItemSource {
  if (!argFile && process.stdin.isTTY)
    throw new UsageError("--pipe reads standard input, which is a terminal: pipe something in, or use -a FILE");
  const streams = (argFile ?? ["-"]).map((file) => openInput(file, process.stdin));
  const bytes = async function* (): AsyncGenerator<Uint8Array> {
    for (const stream of streams) yield* stream as AsyncIterable<Uint8Array>;
  };
  const blocks = splitBlocks(bytes(), {
    bytes: block ?? usualBlockBytes,
    records: maxArgs ?? null,
    end: recend ?? (recstart === undefined ? "\n" : ""),
    start: recstart ?? "",
  });
  const items = async function* (): AsyncGenerator<Item> {
    let number = 0;
    for await (const value of blocks) yield { ok: true, value, text: `block ${++number}`, fields: [String(number)] };
  };
  const stop = () => {
    for (const stream of streams) (stream as NodeJS.ReadStream).destroy();
  };
  return { items: items(), total: null, names: [], hasFields: false, stop };
}
