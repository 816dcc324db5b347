/** Passes values on in the order of their positions. Keeps those that arrive early. */
export class InOrder<T> {
  readonly #pass: (thing: T) => void;
  readonly #early = new Map<number, { thing: T; bytes: number }>();
  #next = 0;
  #bytes = 0;

  constructor(pass: (thing: T) => void) {
    this.#pass = pass;
  }

  /** The next position to pass on. */
  get next(): number {
    return this.#next;
  }

  /** Bytes of the values that are kept. */
  get keptBytes(): number {
    return this.#bytes;
  }

  /** Call once for each position, from 0 up. `bytes`: size of the value. */
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
