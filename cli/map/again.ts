import type { Item } from "./items/items.js";

interface Entry {
  index: number;
  item: Item & { ok: true };
  /** The earliest time at which it may begin, on the clock of `performance.now`. */
  at: number;
  /** It has not run by itself: it is a part of an item that has. */
  isNew: boolean;
}

/** Items that run once more, each after its time. */
export class Again {
  readonly #entries: Entry[] = [];

  get size(): number {
    return this.#entries.length;
  }

  add(entry: Entry): void {
    this.#entries.push(entry);
  }

  isReady(now: number): boolean {
    return this.#entries.some(({ at }) => at <= now);
  }

  /** The first item whose time has come. */
  take(now: number): Entry | null {
    const found = this.#entries.findIndex(({ at }) => at <= now);
    return found === -1 ? null : this.#entries.splice(found, 1)[0]!;
  }

  /** Milliseconds until the next item may begin. */
  untilNext(now: number): number {
    return Math.max(0, Math.min(...this.#entries.map(({ at }) => at)) - now);
  }

  /** All of the items, which then do not run again. */
  drop(): Entry[] {
    return this.#entries.splice(0);
  }
}
