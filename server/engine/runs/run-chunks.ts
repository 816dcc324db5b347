import { type Payload, payloadBytes } from "../../../protocol/schema.js";

/** A chunk has about this many bytes at most, unless it is a single item. */
const chunkBytes = 4 * 1024 * 1024;

/** The chunks of a run: `chunkSize` items each, or fewer if they have many bytes. */
export class RunChunks {
  /** The first item of each chunk, in order. */
  readonly starts: readonly number[];
  readonly #size: number;
  readonly #isEven: boolean;

  constructor(items: readonly Payload[], size: number) {
    const starts: number[] = [];
    let bytes = 0;
    for (const [index, item] of items.entries()) {
      const itemBytes = payloadBytes(item);
      const start = starts.at(-1);
      if (start === undefined || index - start === size || bytes + itemBytes > chunkBytes) {
        starts.push(index);
        bytes = 0;
      }
      bytes += itemBytes;
    }
    this.starts = starts;
    this.#size = size;
    this.#isEven = starts.every((start, i) => start === i * size);
  }

  /** The first item of the chunk that holds this one. */
  of(index: number): number {
    if (this.#isEven) return index - (index % this.#size);
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle]! <= index) low = middle;
      else high = middle - 1;
    }
    return this.starts[low]!;
  }

  /** The first item after the chunk that begins with this one, of `total` items. */
  after(start: number, total: number): number {
    if (this.#isEven) return Math.min(start + this.#size, total);
    return this.starts[this.starts.indexOf(start) + 1] ?? total;
  }
}
