import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ItemCache, textsIn, type CacheItem, type CacheOptions } from "../../cache/item-cache.js";
import type { LongOutput } from "../../cache/store.js";
import type { CommandResult } from "../../protocol/target.js";
import type { Item } from "../map/items/items.js";
import { commandResult, type Outcome } from "../map/outcome.js";
import { UsageError } from "../usage-error.js";

type ValidItem = Item & { ok: true };

export interface MapCacheOptions extends CacheOptions {
  /** The command of an item. Null: a function runs. Throws an Error if it cannot be made. */
  describe: ((item: ValidItem, index: number) => readonly string[]) | null;
  /** Items are the standard input of the command. */
  isInput: boolean;
}

/** Found: the outcome is replayed. Otherwise `why`; null for an item that is new. */
type MapLookup = { outcome: Outcome } | { why: string | null };

/** The cache, for the items and outcomes of one map. */
export class MapCache {
  readonly #options: MapCacheOptions;
  readonly #cache: ItemCache;
  /** Items that were not found, until they have their outcomes. */
  readonly #pending = new Map<number, CacheItem>();
  /** Copies of output that are printed. */
  #replayed: string | null = null;

  /** Throws UsageError if an input or a module cannot be read. */
  constructor(options: MapCacheOptions) {
    this.#options = options;
    try {
      this.#cache = new ItemCache(options);
    } catch (error) {
      throw new UsageError(`--cache: ${(error as Error).message}`);
    }
  }

  /** Call before an item runs. */
  look(item: Item, index: number): MapLookup {
    if (!item.ok) return { why: null };
    const asked = this.#asCacheItem(item, index);
    if (typeof asked === "string") return { why: asked };
    const looked = this.#cache.look(index, asked);
    if ("why" in looked) {
      this.#pending.set(index, asked);
      return looked;
    }
    const { value, ms } = looked.found;
    try {
      const whole = this.#withFiles(value, looked.files);
      return { outcome: { kind: "done", index, item: item.text, ms, pid: 0, cached: true, value: whole } };
    } catch (error) {
      return { why: (error as Error).message };
    }
  }

  /** Call with each outcome, before its output is printed. */
  ended(outcome: Outcome): void {
    const { index } = outcome;
    const item = this.#pending.get(index);
    this.#pending.delete(index);
    if (!item || outcome.kind !== "done" || outcome.value === undefined) return;
    const result = commandResult(outcome);
    if (result?.truncated && result.stdoutFile === undefined && result.stderrFile === undefined) return;
    const { value, files } = result ? withoutFiles(result) : { value: outcome.value, files: {} };
    this.#cache.keep(index, item, { value, ms: outcome.ms }, files);
  }

  close(): void {
    if (this.#replayed !== null) rmSync(this.#replayed, { recursive: true, force: true });
    this.#cache.close();
  }

  /** A text: why it has no command. */
  #asCacheItem(item: ValidItem, index: number): CacheItem | string {
    const { describe, isInput } = this.#options;
    const isJson = typeof item.value === "object" && !(item.value instanceof Uint8Array);
    try {
      return {
        value: item.value,
        texts: isJson ? textsIn(item.value) : item.fields,
        command: describe && describe(item, index),
        ...(isInput ? { more: { "standard input": "the item" } } : {}),
      };
    } catch (error) {
      return (error as Error).message;
    }
  }

  /** The result with copies of its files, because what is printed is removed afterwards. */
  #withFiles(value: unknown, files: LongOutput): unknown {
    if (files.stdout === undefined && files.stderr === undefined) return value;
    this.#replayed ??= mkdtempSync(join(tmpdir(), "polyproc-cache-"));
    const copies: Partial<CommandResult> = {};
    for (const stream of ["stdout", "stderr"] as const) {
      const file = files[stream];
      if (file === undefined) continue;
      const copy = mkdtempSync(join(this.#replayed, "o")) + stream;
      copyFileSync(file, copy);
      copies[`${stream}File`] = copy;
    }
    return { ...(value as object), ...copies };
  }
}

function withoutFiles({ stdoutFile, stderrFile, ...value }: CommandResult): { value: unknown; files: LongOutput } {
  return {
    value,
    files: {
      ...(stdoutFile === undefined ? {} : { stdout: stdoutFile }),
      ...(stderrFile === undefined ? {} : { stderr: stderrFile }),
    },
  };
}
