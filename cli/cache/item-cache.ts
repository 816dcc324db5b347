import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { globSync } from "tinyglobby";
import type { CommandResult } from "../../protocol/target.js";
import type { Item } from "../map/items/items.js";
import { commandResult, type Outcome } from "../map/outcome.js";
import { UsageError } from "../usage-error.js";
import { FileHashes, hashOfText } from "./file-hash.js";
import { importedFiles } from "./imported-files.js";
import { CacheStore, type LongOutput, type Parts } from "./store.js";

export interface CacheOptions {
  folder: string;
  maxBytes: number;
  /** The folder in which commands run: items name files in it. */
  cwd: string;
  /** What runs, the same for all items: a command with its replacements, or a function. */
  what: string;
  /** The command of an item. Null: a function runs. Throws an Error if it cannot be made. */
  describe: ((item: Item & { ok: true }, index: number) => string) | null;
  /** Files that are part of what runs: a program that is named by its path, or a module with its imports. */
  code: { program: string } | { module: string };
  variables: readonly (readonly [string, string])[];
  /** Patterns of files that all items depend on. */
  inputs: readonly string[];
}

/** Found: the outcome is replayed. Otherwise `why`; null for an item that is new. */
type Lookup = { outcome: Outcome } | { why: string | null };

interface Pending {
  identity: string;
  parts: Parts;
  item: Item & { ok: true };
}

/** Outcomes of items that succeeded, by all that they depend on. */
export class ItemCache {
  readonly #options: CacheOptions;
  readonly #store: CacheStore;
  readonly #hashes = new FileHashes();
  readonly #pending = new Map<number, Pending>();
  readonly #shared: Parts;
  #replayed: string | null = null;

  /** Throws UsageError if an input or a module cannot be read. */
  constructor(options: CacheOptions) {
    this.#options = options;
    this.#store = new CacheStore(options.folder);
    try {
      this.#shared = this.#sharedParts();
    } catch (error) {
      throw new UsageError(`--cache: ${(error as Error).message}`);
    }
  }

  /** Call before an item runs. */
  look(item: Item, index: number): Lookup {
    if (!item.ok) return { why: null };
    const identity = hashOfText(JSON.stringify([this.#options.cwd, this.#options.what, item.fields]));
    const parts = this.#partsOf(item, index);
    if (typeof parts === "string") return { why: parts };
    const found = this.#store.read(keyOf(parts));
    if (!found) {
      this.#pending.set(index, { identity, parts, item });
      return { why: difference(this.#store.lastParts(identity), parts) };
    }
    const { value, ms } = found.outcome;
    return {
      outcome: {
        kind: "done",
        index,
        item: item.text,
        ms,
        pid: 0,
        cached: true,
        value: this.#withFiles(value, found.files),
      },
    };
  }

  /** Call with each outcome, before its output is printed. */
  ended(outcome: Outcome): void {
    const pending = this.#pending.get(outcome.index);
    this.#pending.delete(outcome.index);
    if (!pending || outcome.kind !== "done" || outcome.value === undefined) return;
    const result = commandResult(outcome);
    if (result?.truncated && result.stdoutFile === undefined && result.stderrFile === undefined) return;
    const { identity, parts, item } = pending;
    // A file changed while the item ran: it may have read either version.
    const now = this.#partsOf(item, outcome.index);
    if (typeof now === "string" || keyOf(now) !== keyOf(parts)) return;
    const { value, files } = result ? withoutFiles(result) : { value: outcome.value, files: {} };
    this.#store.write(keyOf(parts), { value, ms: outcome.ms }, files);
    this.#store.writeParts(identity, parts);
  }

  close(): void {
    if (this.#replayed !== null) rmSync(this.#replayed, { recursive: true, force: true });
    this.#store.prune(this.#options.maxBytes);
  }

  #sharedParts(): Parts {
    const { code, variables, inputs, cwd, what } = this.#options;
    const parts: Record<string, string> = { "what runs": hashOfText(what), "the folder": hashOfText(cwd) };
    const files = new Set<string>();
    if ("module" in code) for (const file of importedFiles(code.module)) files.add(file);
    else if (code.program.includes("/")) files.add(resolve(cwd, code.program));
    for (const pattern of inputs) {
      const found = globSync([pattern], { cwd, dot: true, absolute: true, expandDirectories: false });
      if (found.length === 0) throw new Error(`--cache-input: no file matches ${JSON.stringify(pattern)} in ${cwd}`);
      for (const file of found) files.add(file);
    }
    for (const file of files) {
      const hash = this.#hashes.of(file);
      if (hash.kind === "file") parts[file] = hash.hash;
    }
    for (const [name, value] of variables) parts[`$${name}`] = hashOfText(value);
    return parts;
  }

  /** A text: why the item cannot be in the cache. */
  #partsOf(item: Item & { ok: true }, index: number): Parts | string {
    const { describe, cwd } = this.#options;
    const parts: Record<string, string> = { ...this.#shared, item: hashOfText(JSON.stringify(item.value)) };
    try {
      if (describe) parts["the command"] = hashOfText(describe(item, index));
      for (const field of item.fields) {
        if (field === "" || field.includes("\0")) continue;
        const path = resolve(cwd, field);
        const hash = this.#hashes.of(path);
        if (hash.kind === "folder") return `${field} is a folder, whose files are not looked at`;
        if (hash.kind === "file") parts[path] = hash.hash;
      }
    } catch (error) {
      return (error as Error).message;
    }
    return parts;
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

function keyOf(parts: Parts): string {
  return hashOfText(JSON.stringify(Object.entries(parts).sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** What is different, for the user. Null: there was nothing before. */
function difference(before: Parts | null, now: Parts): string | null {
  if (!before) return null;
  const names = [...new Set([...Object.keys(now), ...Object.keys(before)])].filter(
    (name) => before[name] !== now[name],
  );
  if (names.length === 0) return "its outcome was removed to keep the cache small";
  const shown = names
    .slice(0, 3)
    .map((name) => `${name} ${name in now ? (name in before ? "changed" : "is new") : "is gone"}`);
  return shown.join(", ") + (names.length > 3 ? `, and ${names.length - 3} more` : "");
}
