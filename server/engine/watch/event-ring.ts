import type { Event } from "../../../protocol/events.js";

/** The last events. Positions count all events from the first one; `seq` rises with gaps. */
export class EventRing {
  readonly #capacity: number;
  readonly #ring: Event[] = [];
  #end = 0;
  /** `seq` of the last event that was overwritten. */
  #forgottenSeq = 0;

  constructor(capacity: number) {
    this.#capacity = Math.max(1, capacity);
  }

  /** Position of the oldest event in the ring. */
  get start(): number {
    return this.#end - this.#ring.length;
  }

  /** Position of the next event. */
  get end(): number {
    return this.#end;
  }

  push(event: Event): void {
    const slot = this.#end % this.#capacity;
    const overwritten = this.#ring[slot];
    if (overwritten) this.#forgottenSeq = overwritten.seq;
    this.#ring[slot] = event;
    this.#end++;
  }

  at(position: number): Event | undefined {
    return position < this.start || position >= this.#end ? undefined : this.#ring[position % this.#capacity];
  }

  /** Position of the first event after `seq`. Null if events after it were overwritten. */
  after(seq: number): number | null {
    if (seq < this.#forgottenSeq) return null;
    let low = this.start;
    let high = this.#end;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((this.at(middle)?.seq ?? 0) > seq) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
