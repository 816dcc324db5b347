import { type Command, InvalidArgumentError, Option } from "commander";
import { collect, wholeNumber } from "../../option-values.js";
import { UsageError } from "../../usage-error.js";
import { csv, separated, type Columns } from "./columns.js";
import type { InputSource } from "./input-sources.js";
import type { ItemOptions, Trim } from "./items.js";
import type { Spread } from "../target/template.js";

/** What the command line says of items. */
export interface GivenItemOptions {
  glob?: string[];
  argFile?: string[];
  null?: true;
  delimiter?: number;
  jsonItems?: true;
  colsep?: Columns;
  csv?: true;
  header?: ":";
  shuf?: true;
  maxArgs?: number;
  maxLines?: number;
  trim?: Trim;
  X?: true;
  m?: true;
}

export function addItemOptions(command: Command): Command {
  return command
    .option(
      "--glob <pattern>",
      "items are the files that match, sorted; ** reaches into folders; may be repeated",
      collect,
    )
    .option("-a, --arg-file <file>", "items are the lines of this file (-: standard input); may be repeated", collect)
    .option("-0, --null", "items in files and on standard input end with NUL, not with a line end")
    .option("-d, --delimiter <character>", "items there end with this character, such as , or \\t", delimiter)
    .option("--json-items", "each item is JSON, not text")
    .option("--colsep <regexp>", "split each item into fields, which are {1}, {2} ...", separated)
    .option("--csv", "each item is a line of comma-separated values: fields {1}, {2} ...")
    .addOption(
      new Option("--header <:>", "the first item names the fields, for {name}; : is the only value").choices([":"]),
    )
    .option("--shuf", "run the items in random order")
    .option("-n, --max-args <n>", "give each command up to this many items", wholeNumber(1))
    .option("--max-lines <n>", "the same, for items that are lines", wholeNumber(1))
    .addOption(
      new Option(
        "--trim <ends>",
        "remove blanks at the left end, the right end or both ends of each field (default: n, with --colsep rl)",
      ).choices(["n", "l", "r", "lr", "rl"]),
    )
    .option("-m", "give each command as many items as fit, shared out among the jobs: x{} becomes xa b")
    .option("-X", "like -m, and repeats the word with {}: x{} becomes xa xb");
}

function delimiter(text: string): number {
  const escapes: Record<string, string> = { "\\n": "\n", "\\t": "\t", "\\0": "\0", "\\r": "\r" };
  const character = escapes[text] ?? text;
  const bytes = Buffer.from(character);
  if (bytes.length === 1) return bytes[0]!;
  throw new InvalidArgumentError("Expected one character, or \\n, \\t, \\r or \\0.");
}

/** Throws UsageError for options that contradict each other. */
export function itemOptions(
  args: readonly string[],
  sources: readonly InputSource[],
  options: GivenItemOptions & { module?: string },
): ItemOptions {
  if (options.null && options.delimiter !== undefined)
    throw new UsageError("-0 and -d both say how items end: give one of them");
  if (options.colsep && options.csv) throw new UsageError("--colsep and --csv both split items: give one of them");
  if (options.jsonItems && (options.colsep || options.csv || options.header))
    throw new UsageError("--json-items have members, {item.name}: leave --colsep, --csv and --header out");
  return {
    args,
    globs: options.glob ?? [],
    files: options.argFile ?? [],
    sources,
    separator: options.null ? 0 : (options.delimiter ?? 10),
    json: options.jsonItems ?? false,
    raw: options.module === undefined,
    columns: options.colsep ?? (options.csv ? csv : null),
    header: options.header !== undefined,
    shuffle: options.shuf ?? false,
    trim: options.trim ?? (options.colsep ? "rl" : "n"),
  };
}

/** How items are joined for one command. Null: each command gets one. */
export interface Grouping {
  max: number | null;
  spread: Spread;
}

export function groupingOf({ maxArgs, maxLines, X, m }: GivenItemOptions): Grouping | null {
  if (maxArgs !== undefined && maxLines !== undefined)
    throw new UsageError("-n and -L both say how many items a command gets: give one of them");
  if (X && m) throw new UsageError("-X and -m differ in what becomes of x{}: give one of them");
  const max = maxArgs ?? maxLines ?? null;
  if (!X && !m && max === null) return null;
  return { max, spread: X ? "repeat" : "join" };
}
