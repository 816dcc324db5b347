import { closeSync, openSync, readSync } from "node:fs";
import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";
import { task } from "polyproc";
import { reasonOf } from "./find-files.js";
import { pieceBytes, type Piece } from "./pieces.js";

/** The outcome of one piece: its sizes in bytes, or why there is no result. */
export type Packed =
  | { file: number; pid: number; ok: true; bytes: number; packedBytes: number }
  | { file: number; pid: number; ok: false; reason: string };

/**
 * Reads a piece of a file, compresses it with brotli, decompresses that and compares. An unreadable file is a result,
 * not an error, so that it does not end the run.
 */
export function compress({ file, path, start, length }: Piece): Packed {
  const { pid } = process;
  try {
    const content = read(path, start, length || pieceBytes);
    const packed = brotliCompressSync(content, {
      params: { [constants.BROTLI_PARAM_QUALITY]: quality, [constants.BROTLI_PARAM_SIZE_HINT]: content.length },
    });
    if (!brotliDecompressSync(packed).equals(content))
      return { file, pid, ok: false, reason: "what brotli made of it does not decompress to the same bytes" };
    return { file, pid, ok: true, bytes: content.length, packedBytes: packed.length };
  } catch (error) {
    return { file, pid, ok: false, reason: reasonOf(error) };
  }
}

/** Some 2 ms for a source file of average size. */
const quality = 10;

function read(path: Buffer, start: number, length: number): Buffer {
  const content = Buffer.allocUnsafe(length);
  const file = openSync(path, "r");
  try {
    let done = 0;
    for (;;) {
      const n = readSync(file, content, done, length - done, start + done);
      done += n;
      if (n === 0 || done === length) return content.subarray(0, done);
    }
  } finally {
    closeSync(file);
  }
}

/** What a worker runs: `compress`, for several pieces. */
export function compressAll(pieces: readonly Piece[]): Packed[] {
  return pieces.map(compress);
}

export const compressTask = task(import.meta, compressAll);
