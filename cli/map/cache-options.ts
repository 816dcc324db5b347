import { join, resolve } from "node:path";
import type { Command } from "commander";
import { escapePath } from "tinyglobby";
import { cacheFolder, usualBytes } from "../../cache/store.js";
import { MapCache } from "../cache/map-cache.js";
import type { Cache } from "../../protocol/run.js";
import { collect } from "../option-values.js";
import { UsageError } from "../usage-error.js";
import type { Item } from "./items/items.js";
import { size } from "./limits/limit-options.js";

/** What the command line says of the cache. */
export interface CacheOptions {
  cache?: true;
  cacheDir?: string;
  cacheInput?: string[];
  cacheSize?: number;
}

export function addCacheOptions(command: Command): Command {
  return command
    .option(
      "--cache",
      "replay the outcome and the output of an item that succeeded before, unless something that it depends on has " +
        "changed: the item and the file that it names, what runs, --env, --cache-input",
    )
    .option("--cache-input <pattern>", "files that all items depend on; may be repeated", collect)
    .option("--cache-dir <folder>", "where outcomes are kept (default: polyproc/map in XDG_CACHE_HOME or ~/.cache)")
    .option("--cache-size <size>", "most bytes to keep there: what was not used for longest goes (default: 1G)", size);
}

interface Around extends CacheOptions {
  cluster?: unknown;
  lineBuffer?: true;
  ungroup?: true;
  workdir?: string;
  pipe?: true;
  env?: [string, string][];
  module?: string;
  export?: string;
  interpreter?: string;
}

/** Throws UsageError for options that contradict each other. */
export function checkCache(options: Around): void {
  for (const [name, value] of [
    ["--cache-dir", options.cacheDir],
    ["--cache-input", options.cacheInput],
    ["--cache-size", options.cacheSize],
  ] as const)
    if (value !== undefined && !options.cache) throw new UsageError(`${name} is about the cache: give --cache, too`);
  for (const [name, value] of [
    ["--cluster", options.cluster],
    ["--line-buffer", options.lineBuffer],
    ["--ungroup", options.ungroup],
  ] as const)
    if (options.cache && value !== undefined)
      throw new UsageError(`--cache needs each item's whole output here: leave ${name} out`);
}

/** The cache. Null: it was not asked for. `words`: the command with its replacements; null: a function runs. */
export function openCache(
  options: Around,
  words: readonly string[] | null,
  describe: (item: Item & { ok: true }, index: number) => readonly string[],
): MapCache | null {
  if (!options.cache) return null;
  const { module = "", export: name = "default", interpreter = "", workdir = "." } = options;
  return new MapCache({
    folder: cacheFolder(options.cacheDir),
    maxBytes: options.cacheSize ?? usualBytes,
    cwd: resolve(workdir),
    what: JSON.stringify(words ?? [resolve(module), name, interpreter]),
    describe: words && describe,
    isInput: options.pipe ?? false,
    code: words ? { program: words[0]! } : { module },
    variables: options.env ?? [],
    inputs: options.cacheInput ?? [],
  });
}

/** The same for a run of the server. Undefined: it was not asked for. `isLocal`: it has this machine's folders. */
export function runCache(options: Around, isLocal: boolean): Cache | undefined {
  if (!options.cache) return undefined;
  const { cacheDir, cacheInput = [], cacheSize, env = [], workdir = "." } = options;
  const folder = escapePath(resolve(workdir));
  return {
    ...(isLocal || cacheDir !== undefined ? { dir: cacheFolder(cacheDir) } : {}),
    // A function runs in the server's folder.
    inputs: options.module === undefined ? cacheInput : cacheInput.map((pattern) => join(folder, pattern)),
    env: env.map(([name]) => name),
    ...(cacheSize === undefined ? {} : { maxBytes: cacheSize }),
  };
}
