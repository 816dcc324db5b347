import type { FoundFile } from "./find-files.js";

/** One item of the job: a file of at most `pieceBytes`, or so much of a larger one. */
export interface Piece {
  /** Index of the file in the list of all. */
  file: number;
  path: Buffer;
  /** Where it begins, in bytes. */
  start: number;
  /** Its length in bytes. 0: what the file has now. Some files of the system have no size, but a content. */
  length: number;
}

/**
 * Large files are cut, as pigz and bgzip do. So a large file keeps all workers busy, and memory holds one piece for
 * each worker.
 */
export const pieceBytes = 128 * 1024;

export function pieceCount(size: number): number {
  return Math.max(1, Math.ceil(size / pieceBytes));
}

export function pieceOf(file: FoundFile, index: number, n: number): Piece {
  const start = n * pieceBytes;
  return { file: index, path: file.path, start, length: Math.min(pieceBytes, file.size - start) };
}

/** Most pieces in one task: with a report for each small file, the messages would be felt. */
const maxTogether = 8;

/** Lists of pieces for one task each: a large one alone, small ones together. */
export function* together(pieces: Iterable<Piece>): Generator<Piece[]> {
  let list: Piece[] = [];
  let bytes = 0;
  for (const piece of pieces) {
    list.push(piece);
    bytes += piece.length;
    if (list.length < maxTogether && bytes < pieceBytes / 2) continue;
    yield list;
    [list, bytes] = [[], 0];
  }
  if (list.length > 0) yield list;
}

/**
 * All pieces of all files, made as they are needed. Large files come first: the last tasks of a job should be short.
 */
export function* piecesOf(files: readonly FoundFile[]): Generator<Piece> {
  const indexes = files.map((_, index) => index).sort((a, b) => files[b]!.size - files[a]!.size);
  for (const index of indexes) {
    const file = files[index]!;
    for (let n = 0; n < pieceCount(file.size); n++) yield pieceOf(file, index, n);
  }
}
