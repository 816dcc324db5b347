import type { Digest } from "./digest.js";

const largestCount = 10;

export interface HashedFile {
  path: string;
  size: number;
  sha256: string;
}

/** One worker process, as seen from its results. */
export interface WorkerTally {
  files: number;
  bytes: number;
  /** The file that it was last heard of. */
  at: string;
  /** When its first result came, by `performance.now()`. */
  since: number;
}

/** What has been computed so far. */
export class Tally {
  files = 0;
  bytes = 0;
  readonly failures: { path: string; reason: string }[] = [];
  /** Largest first. */
  readonly largest: HashedFile[] = [];
  readonly workers = new Map<number, WorkerTally>();

  /** Files that are done, well or not. */
  get done(): number {
    return this.files + this.failures.length;
  }

  add(result: Digest | Error): void {
    if (result instanceof Error) {
      // Its workers died, again and again; which file it was, the message does not say.
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
