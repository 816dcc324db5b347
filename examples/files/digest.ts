import { createHash, hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { task, type Queue } from "polyproc";
import type { FoundFile } from "./find-files.js";

/** The result for one file: its digest, or why it could not be read. */
export type Digest =
  | { path: string; pid: number; ok: true; size: number; sha256: string }
  | { path: string; pid: number; ok: false; reason: string };

/** A worker's progress with a large file. */
export interface News {
  pid: number;
  path: string;
  doneBytes: number;
  size: number;
}

/** Files above this size are read in pieces, and each is a task of its own. */
export const largeBytes = 4 * 1024 * 1024;
const pieceBytes = 1024 * 1024;
const newsEveryMs = 250;

let news: Queue<News> | undefined;

/** Runs once in each worker, before its first file. */
export function prepare(queue: Queue<News>): void {
  news = queue;
}

/** Hashes a file. An unreadable file is a result, not an error, so that it does not end the run. */
export async function digest({ path, size }: FoundFile): Promise<Digest> {
  const { pid } = process;
  try {
    return { path, pid, ok: true, ...(size > largeBytes ? await digestLarge(path, size) : digestSmall(path)) };
  } catch (error) {
    return { path, pid, ok: false, reason: (error as NodeJS.ErrnoException).code ?? String(error) };
  }
}

function digestSmall(path: string): { size: number; sha256: string } {
  const content = readFileSync(path);
  return { size: content.length, sha256: hash("sha256", content) };
}

async function digestLarge(path: string, expected: number): Promise<{ size: number; sha256: string }> {
  const file = await open(path);
  try {
    const sha256 = createHash("sha256");
    const piece = Buffer.allocUnsafe(pieceBytes);
    let size = 0;
    let toldAt = performance.now();
    for (;;) {
      const { bytesRead } = await file.read(piece);
      if (bytesRead === 0) break;
      sha256.update(piece.subarray(0, bytesRead));
      size += bytesRead;
      if (performance.now() - toldAt > newsEveryMs) {
        toldAt = performance.now();
        await news?.put({ pid: process.pid, path, doneBytes: size, size: expected });
      }
    }
    return { size, sha256: sha256.digest("hex") };
  } finally {
    await file.close();
  }
}

export const prepareTask = task(import.meta, prepare);
export const digestTask = task(import.meta, digest);
