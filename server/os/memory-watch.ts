import { readFileSync } from "node:fs";
import { OomCounter } from "./oom-counter.js";
import { withSpareDescriptor } from "./spare-descriptor.js";

/** Milliseconds between two looks: what a process takes in its last second is not seen. */
const lookMs = 1000;
/** Processes that one look reads, descendants included; the others come next. Each costs some 50 µs. */
const mostOfALook = 64;
const mostDescendants = 32;

/** What is known of the memory of a process that has ended. */
export interface MemoryAtEnd {
  /** The most that was resident at a look, with its descendants. Absent: it was never looked at. */
  peakMemoryBytes?: number;
  /** Whether the kernel killed it because memory ran out. Absent: it was not killed, or that cannot be known. */
  outOfMemory?: boolean;
}

/** Looks at the memory of all children while there are any. Linux only. */
export class MemoryWatch {
  readonly #peaks = new Map<number, number>();
  readonly #kills = new OomCounter();
  #timer: NodeJS.Timeout | undefined;

  add(pid: number): void {
    if (process.platform !== "linux") return;
    this.#peaks.set(pid, 0);
    if (this.#timer) return;
    this.#kills.look();
    this.#timer = setInterval(() => this.#look(), lookMs);
    this.#timer.unref();
  }

  /** The most that was seen so far, in bytes. */
  peakOf(pid: number): number {
    return this.#peaks.get(pid) ?? 0;
  }

  /** It was reaped. `killed`: by a SIGKILL that this server did not send. */
  end(pid: number, killed: boolean): MemoryAtEnd {
    const peak = this.#peaks.get(pid) ?? 0;
    this.#peaks.delete(pid);
    const outOfMemory = killed ? this.#kills.take() : null;
    if (this.#peaks.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    return {
      ...(peak > 0 ? { peakMemoryBytes: peak } : {}),
      ...(outOfMemory === null ? {} : { outOfMemory }),
    };
  }

  #look(): void {
    this.#kills.look();
    let left = mostOfALook;
    for (const [pid, before] of [...this.#peaks]) {
      if (left <= 0) break;
      const { bytes, processes } = memoryOf(pid);
      left -= processes;
      // Those that were looked at go to the end.
      this.#peaks.delete(pid);
      this.#peaks.set(pid, Math.max(before, bytes));
    }
  }
}

/** The larger of its own peak and what it and its descendants have now. */
function memoryOf(pid: number): { bytes: number; processes: number } {
  let [sum, peak] = [0, 0];
  const all = [pid];
  for (const one of all) {
    const status = read(`/proc/${one}/status`);
    sum += field(status, "VmRSS");
    if (one === pid) peak = field(status, "VmHWM");
    if (all.length <= mostDescendants) all.push(...childrenOf(one).slice(0, mostDescendants + 1 - all.length));
  }
  return { bytes: Math.max(peak, sum), processes: all.length };
}

function childrenOf(pid: number): number[] {
  return read(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean).map(Number);
}

function field(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s*(\\d+) kB`, "m").exec(status)?.[1] ?? 0) * 1024;
}

/** Empty if the process has ended. */
function read(path: string): string {
  try {
    return withSpareDescriptor(() => readFileSync(path, "latin1"));
  } catch {
    return "";
  }
}
