/** The middle of the numbers that were added. */
export class Median {
  readonly #sorted: number[] = [];

  get count(): number {
    return this.#sorted.length;
  }

  add(value: number): void {
    let low = 0;
    for (let high = this.#sorted.length; low < high;) {
      const middle = (low + high) >> 1;
      if (this.#sorted[middle]! < value) low = middle + 1;
      else high = middle;
    }
    this.#sorted.splice(low, 0, value);
  }

  /** NaN without any number. */
  get value(): number {
    const half = this.#sorted.length / 2;
    return (this.#sorted[Math.ceil(half) - 1]! + this.#sorted[Math.floor(half)]!) / 2;
  }
}
