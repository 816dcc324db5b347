import { closeSync, mkdirSync, openSync, readdirSync, readSync, rmSync, fstatSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { BatchLog } from "../engine/batch/batch-store.js";

/** A log has two parts of at most this size. The name of a part is the position of its first byte. */
const partBytes = 8 * 1024 * 1024;

/** Begins the log in this folder anew. */
export function openLog(folder: string): BatchLog {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  let position = 0;
  let left = partBytes;
  let descriptor = openPart(folder, 0);
  const write = (data: Uint8Array) => {
    for (let at = 0; at < data.length;) at += writeSync(descriptor, data, at);
    position += data.length;
    left -= data.length;
  };
  return {
    append(data) {
      while (data.length > left) {
        const rest = data.subarray(left);
        write(data.subarray(0, left));
        data = rest;
        closeSync(descriptor);
        descriptor = openPart(folder, position);
        left = partBytes;
        for (const old of partsOf(folder).slice(0, -2)) rmSync(partPath(folder, old), { force: true });
      }
      write(data);
    },
    close: () => closeSync(descriptor),
  };
}

export function readLog(
  folder: string,
  wanted: number,
  maxBytes: number,
): { data: Uint8Array; from: number; end: number } {
  const parts = partsOf(folder).map((start) => ({ start, bytes: readPart(folder, start) }));
  const end = parts.reduce((last, { start, bytes }) => Math.max(last, start + bytes), 0);
  const first = parts[0]?.start ?? 0;
  const from = Math.min(end, Math.max(first, wanted < 0 ? end + wanted : wanted));
  const part = parts.findLast(({ start }) => start <= from);
  if (!part || from >= end) return { data: new Uint8Array(), from: end, end };
  const data = new Uint8Array(Math.min(maxBytes, part.start + part.bytes - from));
  const read = withPart(folder, part.start, (open) => readSync(open, data, 0, data.length, from - part.start));
  return { data: data.subarray(0, read), from, end };
}

/** The size of a part. */
function readPart(folder: string, start: number): number {
  return withPart(folder, start, (open) => fstatSync(open).size);
}

function withPart(folder: string, start: number, use: (descriptor: number) => number): number {
  const descriptor = openSync(partPath(folder, start), "r");
  try {
    return use(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function openPart(folder: string, start: number): number {
  return openSync(partPath(folder, start), "w", 0o600);
}

function partPath(folder: string, start: number): string {
  return join(folder, `${start}.log`);
}

function partsOf(folder: string): number[] {
  try {
    return readdirSync(folder)
      .flatMap((name) => /^(\d+)\.log$/.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
