import { createHash, randomUUID } from "node:crypto";
import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { userCache } from "../../../../cache/user-cache.js";

/** What is not read for two periods is removed. */
const periodMs = 7 * 24 * 60 * 60 * 1000;

/**
 * Translated files on disk, for all workers of this user. They are in one folder for each week, by the hash of all that
 * they depend on. Several processes and threads may read and write at once: a file is written under another name and
 * renamed. Whatever cannot be read or written is translated anew.
 */
export class Translations {
  /** Null: nothing is kept. */
  readonly #folder: string | null;
  readonly #period: number;

  /** `now`: milliseconds since 1970. */
  constructor(now = Date.now()) {
    this.#period = Math.floor(now / periodMs);
    this.#folder = process.env["NODE_DISABLE_COMPILE_CACHE"] ? null : this.#open(join(userCache(), "typescript"));
  }

  /** The translation that depends on these texts, and on nothing else. */
  of(dependencies: readonly string[], translate: () => string): string {
    if (this.#folder === null) return translate();
    const name = hash(JSON.stringify(dependencies));
    const path = join(this.#folder, String(this.#period), name);
    const kept = read(path) ?? this.#readEarlier(name, path);
    if (kept !== undefined) return kept;
    const code = translate();
    write(path, code);
    return code;
  }

  #readEarlier(name: string, path: string): string | undefined {
    const earlier = join(this.#folder!, String(this.#period - 1), name);
    const kept = read(earlier);
    if (kept !== undefined) attempt(() => renameSync(earlier, path));
    return kept;
  }

  /** Makes this week's folder, and removes those before the last week. Null: others can write there, or we cannot. */
  #open(folder: string): string | null {
    return attempt(() => {
      const isNew = mkdirSync(join(folder, String(this.#period)), { recursive: true, mode: 0o700 }) !== undefined;
      if (!isOwn(folder)) return null;
      if (isNew)
        for (const name of readdirSync(folder))
          if (Number(name) < this.#period - 1) rmSync(join(folder, name), { recursive: true, force: true });
      return folder;
    });
  }
}

/** Who can write there can make this user run code. */
function isOwn(folder: string): boolean {
  const stat = lstatSync(folder);
  const mine = process.getuid?.();
  return stat.isDirectory() && (mine === undefined || (stat.uid === mine && (stat.mode & 0o022) === 0));
}

/** The first line is the hash of the rest: a machine that lost its power may have kept a part of a file. */
function read(path: string): string | undefined {
  const text = attempt(() => readFileSync(path, "utf8"));
  if (text === null) return undefined;
  const end = text.indexOf("\n");
  const code = text.slice(end + 1);
  return text.slice(0, end) === hash(code) ? code : undefined;
}

function write(path: string, code: string): void {
  const written = `${path}.${randomUUID()}`;
  const isWritten = attempt(() => {
    writeFileSync(written, `${hash(code)}\n${code}`, { mode: 0o600, flag: "wx" });
    renameSync(written, path);
    return true;
  });
  // The disk may be full.
  if (!isWritten) attempt(() => rmSync(written, { force: true }));
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function attempt<T>(act: () => T): T | null {
  try {
    return act();
  } catch {
    return null;
  }
}
