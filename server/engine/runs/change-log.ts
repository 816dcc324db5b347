/**
 * The indexes `0 … n - 1` in the order of their last changes. A reader that returns with its position finds each index
 * that changed since, once. A change takes constant time. Memory: at most four numbers for each index that ever
 * changed.
 */
export class ChangeLog {
  /** Position of the last change of each index; 0: never changed. */
  readonly #last: Float64Array;
  /** Changes in order. An entry with a later change of the same index is skipped. */
  #positions: number[] = [];
  #indexes: number[] = [];
  #changed = 0;
  #position = 0;

  constructor(size: number) {
    this.#last = new Float64Array(size);
  }

  /** Position of the last change; 0 before the first. */
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
    if (this.#positions.length > 2 * this.#changed + 64) this.compact();
  }

  /** The indexes that changed after the position, oldest change first, with the positions of their changes. */
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

  /** Drops what later changes have made useless. */
  compact(): void {
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
