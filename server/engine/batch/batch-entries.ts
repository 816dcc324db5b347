import { PolyprocError } from "../../../protocol/errors.js";
import type { BatchEntry } from "./batch-entry.js";

/** Most entries that have not ended. */
const maxWaiting = 10_000;
/** Most entries that have ended and are kept. */
const maxEnded = 1000;
/** Most memory of all entries: each has its environment. */
const maxBytes = 64 * 1024 * 1024;

/** All entries of the queue, within their bounds. */
export class BatchEntries {
  readonly #entries = new Map<number, BatchEntry>();
  #bytes = 0;

  get all(): ReadonlyMap<number, BatchEntry> {
    return this.#entries;
  }

  keep(entry: BatchEntry): void {
    this.#entries.set(entry.number, entry);
    this.#bytes += entry.bytes;
  }

  delete(entry: BatchEntry): void {
    this.#entries.delete(entry.number);
    this.#bytes -= entry.bytes;
  }

  find(number: number): BatchEntry {
    const entry = this.#entries.get(number);
    if (!entry)
      throw new PolyprocError("UnknownHandle", `there is no entry ${number} in the queue; polyproc status lists them`, {
        entry: number,
      });
    return entry;
  }

  /** By number. */
  sorted(): BatchEntry[] {
    return [...this.#entries.values()].sort((a, b) => a.number - b.number);
  }

  /** An entry that waits for this one. */
  waitingFor(number: number, except: ReadonlySet<BatchEntry> = new Set()): BatchEntry | undefined {
    for (const entry of this.#entries.values())
      if (!entry.ended && !except.has(entry) && entry.record.after.includes(number)) return entry;
    return undefined;
  }

  /** The oldest of too many that have ended. */
  surplus(): BatchEntry[] {
    const ended = this.sorted().filter((entry) => entry.ended);
    return ended.slice(0, Math.max(0, ended.length - maxEnded)).filter((entry) => !this.waitingFor(entry.number));
  }

  /** Throws Overloaded. `adding`: how many others are being stored. */
  requireRoom(bytes: number, adding: number): void {
    let waiting = adding;
    for (const entry of this.#entries.values()) if (!entry.ended) waiting++;
    if (waiting >= maxWaiting || this.#bytes + bytes > maxBytes)
      throw new PolyprocError(
        "Overloaded",
        `the queue is full: ${waiting} entries have not ended, and all take ${this.#bytes} bytes; wait until some ` +
          "have ended, or remove some",
      );
  }
}
