import type { Budget } from "../budget.js";
import { OutputRing } from "./output-ring.js";
import type { ProcessRecord } from "./process.js";

/** The part of the memory for peers that the output of ended processes may take; at most 64 MiB. */
const endedShare = 1 / 16;
const maxEndedBytes = 64 * 1024 * 1024;
/** Roughly the memory of an ended process without its output. */
const recordBytes = 4096;
/** The remembered output of a running process is cut to this while memory is short. */
const leastRingBytes = 16 * 1024;

/** The remembered output of all processes. When memory is short, the output of the oldest ended process goes first. */
export class OutputMemory {
  readonly #budget: Budget;
  readonly #maxRingBytes: number;
  readonly #rings = new WeakMap<ProcessRecord, OutputRing>();
  readonly #running = new Set<OutputRing>();
  /** In the order of their ends. */
  readonly #ended = new Map<ProcessRecord, OutputRing>();
  #endedBytes = 0;

  constructor(budget: Budget, maxRingBytes: number) {
    this.#budget = budget;
    this.#maxRingBytes = maxRingBytes;
    budget.addReserve((bytes) => this.#free(bytes));
  }

  /** How many bytes are remembered of one process's output. */
  get maxRingBytes(): number {
    return this.#budget.pressed ? Math.min(leastRingBytes, this.#maxRingBytes) : this.#maxRingBytes;
  }

  find(process: ProcessRecord): OutputRing | undefined {
    return this.#rings.get(process);
  }

  of(process: ProcessRecord): OutputRing {
    let ring = this.#rings.get(process);
    if (!ring) {
      this.#rings.set(process, (ring = new OutputRing(this.#budget.server)));
      this.#running.add(ring);
    }
    return ring;
  }

  /** It has written its last. */
  ended(process: ProcessRecord): void {
    const ring = this.#rings.get(process);
    if (!ring || !this.#running.delete(ring)) return;
    this.#ended.set(process, ring);
    this.#endedBytes += ring.bytes + recordBytes;
    const most = Math.min(maxEndedBytes, this.#budget.maxBytes * endedShare);
    while (this.#endedBytes > most) this.#forgetOldest();
  }

  #free(bytes: number): void {
    const goal = this.#budget.keptBytes - bytes;
    while (this.#ended.size > 0 && this.#budget.keptBytes > goal) this.#forgetOldest();
    for (const ring of this.#running) {
      if (this.#budget.keptBytes <= goal) return;
      ring.shrink(leastRingBytes);
    }
  }

  /** Its lines count as dropped from now on. */
  #forgetOldest(): void {
    for (const [process, ring] of this.#ended) {
      this.#ended.delete(process);
      this.#endedBytes -= ring.bytes + recordBytes;
      ring.shrink(0);
      return;
    }
  }
}
