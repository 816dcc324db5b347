/** Hands things on in the order of their positions, and keeps those that came too early. */
export class InOrder<T> {
  readonly #pass: (thing: T) => void;
  readonly #early = new Map<number, { thing: T; bytes: number }>();
  #next = 0;
  #bytes = 0;

  constructor(pass: (thing: T) => void) {
    this.#pass = pass;
  }

  /** The position that is waited for. */
  get next(): number {
    return this.#next;
  }

  /** How much is kept. */
  get keptBytes(): number {
    return this.#bytes;
  }

  /** Each position from 0 on once. `bytes`: its size. */
  add(position: number, thing: T, bytes: number): void {
    this.#early.set(position, { thing, bytes });
    this.#bytes += bytes;
    for (let kept = this.#early.get(this.#next); kept; kept = this.#early.get(this.#next)) {
      this.#early.delete(this.#next++);
      this.#bytes -= kept.bytes;
      this.#pass(kept.thing);
    }
  }
}
