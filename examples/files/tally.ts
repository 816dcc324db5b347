import type { Packed } from "./compress.js";
import type { FoundFile } from "./find-files.js";
import { pieceCount } from "./pieces.js";

const largestCount = 10;

export interface PackedFile {
  name: string;
  bytes: number;
  packedBytes: number;
}

/** The results of one worker process. */
export interface WorkerTally {
  pieces: number;
  bytes: number;
  /** The last file of which it reported a piece. */
  at: string;
  /** Time of its first result, by `performance.now()`. */
  since: number;
}

interface FileTally extends PackedFile {
  /** Pieces without a result. */
  left: number;
  failed: boolean;
}

/** The results so far. */
export class Tally {
  /** Files that are compressed completely. */
  files = 0;
  pieces = 0;
  bytes = 0;
  packedBytes = 0;
  readonly failures: { name: string; reason: string }[] = [];
  /** Largest first. */
  readonly largest: PackedFile[] = [];
  readonly workers = new Map<number, WorkerTally>();
  readonly #files: readonly FoundFile[];
  /** Files of which some pieces have a result, by index. */
  readonly #begun = new Map<number, FileTally>();
  readonly #done: Uint8Array;

  constructor(files: readonly FoundFile[]) {
    this.#files = files;
    this.#done = new Uint8Array(files.length);
  }

  /** Files that have a result, compressed or not. */
  get done(): number {
    return this.files + this.failures.length;
  }

  add(result: Packed): void {
    this.pieces++;
    const { name, size } = this.#files[result.file]!;
    const worker = this.#worker(result.pid);
    worker.pieces++;
    worker.at = name;
    const begun = this.#begun.get(result.file);
    const file = begun ?? { name, bytes: 0, packedBytes: 0, left: pieceCount(size), failed: false };
    if (!begun) this.#begun.set(result.file, file);
    file.left--;
    if (!result.ok) {
      if (!file.failed) this.failures.push({ name, reason: result.reason });
      file.failed = true;
    } else {
      file.bytes += result.bytes;
      file.packedBytes += result.packedBytes;
      this.bytes += result.bytes;
      this.packedBytes += result.packedBytes;
      worker.bytes += result.bytes;
    }
    if (file.left > 0) return;
    this.#begun.delete(result.file);
    this.#done[result.file] = 1;
    if (file.failed) return;
    this.files++;
    this.#rank({ name, bytes: file.bytes, packedBytes: file.packedBytes });
  }

  /** The files that have no complete result, since the workers for them died. */
  lose(reason: string): void {
    for (const [index, { name }] of this.#files.entries()) {
      if (this.#done[index] || this.#begun.get(index)?.failed) continue;
      this.failures.push({ name, reason });
    }
  }

  #worker(pid: number): WorkerTally {
    let worker = this.workers.get(pid);
    if (!worker) this.workers.set(pid, (worker = { pieces: 0, bytes: 0, at: "", since: performance.now() }));
    return worker;
  }

  #rank(file: PackedFile): void {
    const last = this.largest.at(-1);
    if (this.largest.length === largestCount && last && file.bytes <= last.bytes) return;
    const at = this.largest.findIndex(({ bytes }) => bytes < file.bytes);
    this.largest.splice(at === -1 ? this.largest.length : at, 0, file);
    if (this.largest.length > largestCount) this.largest.pop();
  }
}
