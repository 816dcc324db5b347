import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { randomUUID } from "node:crypto";
import { join, resolve } from "node:path";
import { userCache } from "./user-cache.js";

/** Most bytes of a folder, unless the user says so. */
export const usualBytes = 2 ** 30;

/** What an outcome depends on: the hash of each part, by the part's name. */
export type Parts = Readonly<Record<string, string>>;

export interface CachedOutcome {
  /** In the JSON form of the protocol's values. */
  value: unknown;
  ms: number;
  /** What a function of a run printed. */
  lines?: readonly CachedLine[];
  /** Streams whose output is in a file beside the outcome. */
  long: readonly ("stdout" | "stderr")[];
}

export interface CachedLine {
  stream: "stdout" | "stderr";
  text: string;
}

/** Streams of a command that are too long for the outcome's text. */
export type LongOutput = Partial<Record<"stdout" | "stderr", string>>;

export interface CacheStatus {
  folder: string;
  outcomes: number;
  bytes: number;
}

/** `--cache-dir`, or the user's own folder for caches. */
export function cacheFolder(given: string | undefined): string {
  return resolve(given ?? join(userCache(), "map"));
}

/**
 * Outcomes in files, by the hash of all that they depend on. Several maps may use a folder at once: a file is written
 * under another name and renamed, and one that has gone is a miss.
 */
export class CacheStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  read(key: string): { outcome: CachedOutcome; files: LongOutput } | null {
    const path = this.#path("outcomes", key);
    try {
      const outcome = JSON.parse(readFileSync(path, "utf8")) as CachedOutcome;
      const files: LongOutput = {};
      for (const stream of outcome.long) files[stream] = `${path}.${stream}`;
      const now = new Date();
      // Throws if a file was removed.
      for (const used of [path, ...Object.values(files)]) utimesSync(used, now, now);
      return { outcome, files };
    } catch {
      return null;
    }
  }

  write(key: string, outcome: Omit<CachedOutcome, "long">, files: LongOutput): void {
    const path = this.#path("outcomes", key);
    for (const [stream, file] of Object.entries(files))
      this.#place(`${path}.${stream}`, (to) => copyFileSync(file, to));
    this.#place(path, (to) => writeFileSync(to, JSON.stringify({ ...outcome, long: Object.keys(files) })));
  }

  /** What the last outcome of this item depended on. Null: there is none. */
  lastParts(identity: string): Parts | null {
    try {
      return JSON.parse(readFileSync(this.#path("parts", identity), "utf8")) as Parts;
    } catch {
      return null;
    }
  }

  writeParts(identity: string, parts: Parts): void {
    this.#place(this.#path("parts", identity), (to) => writeFileSync(to, JSON.stringify(parts)));
  }

  status(): CacheStatus {
    const files = this.#files();
    const outcomes = files.filter(({ path }) => /outcomes\/[^/.]+$/.test(path)).length;
    return { folder: this.#folder, outcomes, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
  }

  /** Removes what was not used for longest, until the rest has at most `maxBytes`. */
  prune(maxBytes: number): void {
    const files = this.#files().sort((a, b) => b.usedAt - a.usedAt);
    let bytes = 0;
    for (const file of files) {
      bytes += file.bytes;
      if (bytes > maxBytes) rmSync(file.path, { force: true });
    }
  }

  clear(): void {
    for (const name of ["outcomes", "parts"]) rmSync(join(this.#folder, name), { recursive: true, force: true });
  }

  #files(): { path: string; bytes: number; usedAt: number }[] {
    return ["outcomes", "parts"].flatMap((name) => {
      const folder = join(this.#folder, name);
      if (!existsSync(folder)) return [];
      return readdirSync(folder).flatMap((file) => {
        const path = join(folder, file);
        const stat = statSync(path, { throwIfNoEntry: false });
        return stat ? [{ path, bytes: stat.size, usedAt: stat.mtimeMs }] : [];
      });
    });
  }

  #path(name: "outcomes" | "parts", key: string): string {
    return join(this.#folder, name, key);
  }

  #place(path: string, write: (temporary: string) => void): void {
    mkdirSync(join(path, ".."), { recursive: true, mode: 0o700 });
    const temporary = `${path}.${randomUUID()}.tmp`;
    try {
      write(temporary);
      renameSync(temporary, path);
    } finally {
      rmSync(temporary, { force: true });
    }
  }
}
