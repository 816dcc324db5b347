/**
 * Which of `0 … n - 1` changed, in the order of their last changes, so that a reader who comes back finds what is new to it, each once.
 * A change takes constant time, however many there are; memory is that of two numbers for each that ever changed, twice at most.
 */
export class ChangeLog {
  /** Position of each one's last change; 0: none. */
  readonly #last: Float64Array;
  /** Changes in their order; those that a later one of the same index overtook are passed over. */
  #positions: number[] = [];
  #indexes: number[] = [];
  #changed = 0;
  #position = 0;

  constructor(size: number) {
    this.#last = new Float64Array(size);
  }

  /** Of the last change; 0 before the first. */
  get position(): number {
    return this.#position;
  }

  /** How many changes it keeps. */
  get length(): number {
    return this.#positions.length;
  }

  add(index: number): void {
    const last = this.#last[index]!;
    if (last === 0) this.#changed++;
    this.#last[index] = ++this.#position;
    // The same one again, with nothing between.
    if (last !== 0 && this.#positions.at(-1) === last) {
      this.#positions[this.#positions.length - 1] = this.#position;
      return;
    }
    this.#positions.push(this.#position);
    this.#indexes.push(index);
    if (this.#positions.length > 2 * this.#changed + 64) this.#compact();
  }

  /** Those that changed after the position, oldest change first, with the positions of their changes. */
  *after(position: number): Generator<{ index: number; position: number }> {
    for (let at = this.#find(position); at < this.#positions.length; at++) {
      const index = this.#indexes[at]!;
      if (this.#last[index] === this.#positions[at]) yield { index, position: this.#positions[at]! };
    }
  }

  /** Place of the first change after the position. */
  #find(position: number): number {
    let low = 0;
    let high = this.#positions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#positions[middle]! > position) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #compact(): void {
    const positions: number[] = [];
    const indexes: number[] = [];
    for (const { index, position } of this.after(0)) {
      positions.push(position);
      indexes.push(index);
    }
    this.#positions = positions;
    this.#indexes = indexes;
  }
}
