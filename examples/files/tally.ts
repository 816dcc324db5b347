import type { Digest } from "./digest.js";

const largestCount = 10;

export interface HashedFile {
  path: string;
  size: number;
  sha256: string;
}

/** The results of one worker process. */
export interface WorkerTally {
  files: number;
  bytes: number;
  /** The last file that it reported. */
  at: string;
  /** Time of its first result, by `performance.now()`. */
  since: number;
}

/** The results so far. */
export class Tally {
  files = 0;
  bytes = 0;
  readonly failures: { path: string; reason: string }[] = [];
  /** Largest first. */
  readonly largest: HashedFile[] = [];
  readonly workers = new Map<number, WorkerTally>();

  /** Files that are done, successfully or not. */
  get done(): number {
    return this.files + this.failures.length;
  }

  add(result: Digest | Error): void {
    if (result instanceof Error) {
      // The workers for this file died, also on the retry. The message does not name the file.
      this.failures.push({ path: "a file", reason: result.message });
      return;
    }
    const worker = this.worker(result.pid);
    worker.files++;
    worker.at = result.path;
    if (!result.ok) {
      this.failures.push({ path: result.path, reason: result.reason });
      return;
    }
    this.files++;
    this.bytes += result.size;
    worker.bytes += result.size;
    this.#rank(result);
  }

  worker(pid: number): WorkerTally {
    let worker = this.workers.get(pid);
    if (!worker) this.workers.set(pid, (worker = { files: 0, bytes: 0, at: "", since: performance.now() }));
    return worker;
  }

  #rank({ path, size, sha256 }: HashedFile): void {
    const last = this.largest.at(-1);
    if (this.largest.length === largestCount && last && size <= last.size) return;
    const at = this.largest.findIndex((file) => file.size < size);
    this.largest.splice(at === -1 ? this.largest.length : at, 0, { path, size, sha256 });
    if (this.largest.length > largestCount) this.largest.pop();
  }
}
