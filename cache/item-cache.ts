import { accessSync, constants, mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { FileHashes, hashOfText } from "./file-hash.js";
import { importedFiles } from "./imported-files.js";
import { inputFiles } from "./input-files.js";
import { CacheStore, type CachedOutcome, type LongOutput, type Parts } from "./store.js";

/** What all items of a map or run have in common. */
export interface CacheOptions {
  folder: string;
  maxBytes: number;
  /** The folder in which they run: items name files in it. */
  cwd: string;
  /** What runs, for telling one map from another: a command with its replacements, or a function. */
  what: string;
  /** Files that are part of what runs: a program that is named by its path, or a module with its imports. */
  code: { program: string } | { module: string };
  /** Null: the variable is removed. */
  variables: readonly (readonly [name: string, value: string | null])[];
  /** Patterns of files that all items depend on. */
  inputs: readonly string[];
  /** Called now and then while files are read. */
  onProgress?: () => void;
}

export interface CacheItem {
  /** In the JSON form of the protocol's values. */
  value: unknown;
  /** Texts that may name files. */
  texts: readonly string[];
  /** The program and its arguments. Null: a function runs. */
  command: readonly string[] | null;
  /** The item's own folder. Default: that of all items. */
  cwd?: string;
  /** What else its outcome depends on, by name. */
  more?: Readonly<Record<string, string>>;
}

/** Found: the outcome is replayed. Otherwise `why`; null for an item that is new. */
export type Lookup = { found: CachedOutcome; files: LongOutput } | { why: string | null };

/** More files than these are not looked at after each item. */
const fewFiles = 100;
/** Then looking at them may take this share of the time. */
const lookingShare = 1 / 20;

/** Outcomes of items that succeeded, by all that they depend on. Its methods wait for the file system. */
export class ItemCache {
  readonly #options: CacheOptions;
  readonly #store: CacheStore;
  readonly #hashes: FileHashes;
  /** The key of each item that was not found. */
  readonly #keys = new Map<number, string>();
  /** Files that all items depend on, with their hashes. */
  readonly #files: Parts;
  readonly #shared: Parts;
  /** Why no outcome can be kept. */
  #fault: string | null = null;
  #nextLook = 0;

  /** Throws an Error if an input or a module cannot be read. */
  constructor(options: CacheOptions) {
    this.#options = options;
    this.#hashes = new FileHashes(options.onProgress);
    this.#store = new CacheStore(options.folder);
    this.#files = this.#sharedFiles();
    this.#shared = { ...this.#files, ...this.#sharedTexts() };
    this.#fault = faultOf(options.folder);
  }

  /** Call before an item runs. Never throws. */
  look(index: number, item: CacheItem): Lookup {
    const parts = this.#partsOf(item);
    if (typeof parts === "string") return { why: parts };
    const key = keyOf(parts);
    const found = this.#store.read(key);
    if (found) return { found: found.outcome, files: found.files };
    if (this.#fault !== null) return { why: this.#fault };
    this.#keys.set(index, key);
    return { why: difference(this.#store.lastParts(this.#identityOf(item)), parts) };
  }

  /** Call with the outcome of an item that succeeded. Returns why it is not kept; null: it is. Never throws. */
  keep(index: number, item: CacheItem, outcome: Omit<CachedOutcome, "long">, files: LongOutput = {}): string | null {
    const key = this.#keys.get(index);
    if (key === undefined) return "it was not looked for";
    const parts = this.#partsOf(item);
    // It may have read either version of a file that changed while it ran.
    if (typeof parts === "string" || keyOf(parts) !== key || !this.#filesHold()) return "something changed meanwhile";
    try {
      this.#store.write(key, outcome, files);
      this.#store.writeParts(this.#identityOf(item), parts);
      return null;
    } catch (error) {
      this.#fault = notKept(error as Error);
      return this.#fault;
    }
  }

  /** Removes what the cache has no room for. Never throws. */
  close(): void {
    try {
      this.#store.prune(this.#options.maxBytes);
    } catch {
      // Another program may remove the folder at any moment.
    }
  }

  #sharedFiles(): Parts {
    const { code, inputs, cwd } = this.#options;
    const files = new Set<string>();
    if ("module" in code) for (const file of importedFiles(code.module)) files.add(file);
    else if (code.program.includes("/")) files.add(resolve(cwd, code.program));
    for (const file of inputFiles(inputs, cwd)) files.add(file);
    const parts: Record<string, string> = {};
    for (const file of files) {
      const hash = this.#hashes.of(file);
      if (hash.kind === "file") parts[file] = hash.hash;
    }
    return parts;
  }

  #sharedTexts(): Parts {
    const { variables, code, what } = this.#options;
    const parts: Record<string, string> = {};
    if ("module" in code) parts["what runs"] = hashOfText(what);
    for (const [name, value] of variables) parts[`$${name}`] = value === null ? "removed" : hashOfText(value);
    return parts;
  }

  /** Whether the files that all items depend on are unchanged. Many of them are not looked at each time. */
  #filesHold(): boolean {
    const files = Object.entries(this.#files);
    const start = performance.now();
    if (files.length > fewFiles && start < this.#nextLook) return true;
    try {
      return files.every(([path, hash]) => {
        const now = this.#hashes.of(path);
        return now.kind === "file" && now.hash === hash;
      });
    } catch {
      return false;
    } finally {
      this.#nextLook = performance.now() + (performance.now() - start) / lookingShare;
    }
  }

  /** A text: why the item cannot be in the cache. */
  #partsOf({ value, texts, command, cwd = this.#options.cwd, more = {} }: CacheItem): Parts | string {
    const parts: Record<string, string> = {
      ...this.#shared,
      item: hashOfText(JSON.stringify(value)),
      "the folder": hashOfText(cwd),
    };
    if (command) parts["the command"] = hashOfText(JSON.stringify(command));
    for (const [name, text] of Object.entries(more)) parts[name] = hashOfText(text);
    try {
      for (const text of texts) {
        if (text === "" || text.includes("\0")) continue;
        const path = resolve(cwd, text);
        const hash = this.#hashes.of(path);
        if (hash.kind === "folder") return `${text} is a folder, whose files are not looked at`;
        if (hash.kind === "device") return `${text} is no regular file, so its content cannot be compared`;
        if (hash.kind === "file") parts[path] = hash.hash;
      }
    } catch (error) {
      return (error as Error).message;
    }
    return parts;
  }

  #identityOf({ texts, cwd = this.#options.cwd }: CacheItem): string {
    return hashOfText(JSON.stringify([cwd, this.#options.what, texts]));
  }
}

/** Why no outcome can be kept in the folder; null if it can. */
function faultOf(folder: string): string | null {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    return notKept(error as Error);
  }
}

function notKept(error: Error): string {
  return `no outcome can be kept: ${error.message}`;
}

/** The texts in a JSON value, at any depth. */
export function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(textsIn);
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
