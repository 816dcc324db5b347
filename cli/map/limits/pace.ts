import { readFileSync } from "node:fs";
import { freemem, loadavg } from "node:os";

export interface PaceOptions {
  /** Milliseconds between two starts. */
  delayMs: number;
  /** Most processes of this machine that want a processor; null: any number. */
  maxLoad: number | null;
  /** Least bytes of memory that are free; null: none. */
  minFreeBytes: number | null;
}

/** After a start, the machine is looked at again after this many milliseconds: the new process needs time to show. */
const lookAgainMs = 100;

/** Says when the next item may start. */
export class Pace {
  readonly #options: PaceOptions;
  #last = -Infinity;

  constructor(options: PaceOptions) {
    this.#options = options;
  }

  started(now: number): void {
    this.#last = now;
  }

  /** Milliseconds until the next item may start, or until this is asked again. 0: now. */
  wait(now: number): number {
    const { delayMs, maxLoad, minFreeBytes } = this.#options;
    const least = maxLoad === null && minFreeBytes === null ? delayMs : Math.max(delayMs, lookAgainMs);
    const left = this.#last + least - now;
    if (left > 0) return left;
    if (maxLoad !== null && runningProcesses() >= maxLoad) return lookAgainMs;
    if (minFreeBytes !== null && freeMemory() < minFreeBytes) return lookAgainMs;
    return 0;
  }

  /** Why no item may start, for the user; null: only time has to pass. */
  get obstacle(): string | null {
    const { maxLoad, minFreeBytes } = this.#options;
    if (maxLoad !== null && runningProcesses() >= maxLoad)
      return `${runningProcesses()} processes run, and --load is ${maxLoad}`;
    if (minFreeBytes !== null && freeMemory() < minFreeBytes)
      return `${megabytes(freeMemory())} of memory are free, and --memfree is ${megabytes(minFreeBytes)}`;
    return null;
  }

  /** Whether so little memory is free that a running item must end. */
  get isShort(): boolean {
    const { minFreeBytes } = this.#options;
    return minFreeBytes !== null && freeMemory() < minFreeBytes / 2;
  }
}

/** The number of processes that run or could run; where the system does not tell, their average in the last minute. */
function runningProcesses(): number {
  try {
    return Number(/ (\d+)\//.exec(readFileSync("/proc/loadavg", "latin1"))![1]) - 1;
  } catch {
    return loadavg()[0]!;
  }
}

/** Bytes that can be used without swapping. */
export function freeMemory(): number {
  try {
    return Number(/^MemAvailable:\s+(\d+) kB/m.exec(readFileSync("/proc/meminfo", "latin1"))![1]) * 1024;
  } catch {
    return freemem();
  }
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
