import { payloadData } from "../../../protocol/payload.js";
import { Deque } from "../deque.js";
import { letGo, type Kept } from "../kept.js";

/** What a queue or a pipe's end holds: items in their order, and whether another one has room. */
export class ItemStore {
  readonly #maxSize: number;
  readonly #maxBytes: number;
  readonly #items = new Deque<Kept>();
  #bytes = 0;
  /** The place of the next item. */
  #next = 0;

  /** `maxSize` 0: any number. */
  constructor(maxSize: number, maxBytes: number) {
    this.#maxSize = maxSize;
    this.#maxBytes = maxBytes;
  }

  get length(): number {
    return this.#items.length;
  }

  /** Of the payloads alone. */
  get bytes(): number {
    return this.#bytes;
  }

  get isFull(): boolean {
    return !this.hasRoom(0);
  }

  get hasPlace(): boolean {
    return this.#maxSize === 0 || this.#items.length < this.#maxSize;
  }

  /** An item beyond the limit on bytes is let in when it is alone. */
  hasRoom(bytes: number): boolean {
    return this.hasPlace && (this.#items.length === 0 || (this.#bytes < this.#maxBytes && this.#bytes + bytes <= this.#maxBytes));
  }

  /** Whether there is room here, and in the server's memory. One that is alone is let in: what frees memory may need it. */
  admits(item: Kept): boolean {
    return this.hasRoom(dataBytes(item)) && (this.#items.length === 0 || item.account.hasRoom(item.bytes));
  }

  push(item: Kept): void {
    item.account.charge(item.bytes);
    item.place = this.#next++;
    this.#items.push(item);
    this.#bytes += dataBytes(item);
  }

  /** One that is charged already. */
  unshift(item: Kept): void {
    item.place = (this.peek()?.place ?? this.#next) - 1;
    this.#items.unshift(item);
    this.#bytes += dataBytes(item);
  }

  /** One that was taken from here, and is charged still: it comes before all that were stored after it. */
  putBack(item: Kept): void {
    const before: Kept[] = [];
    for (let first = this.peek(); first !== undefined && first.place < item.place; first = this.peek()) before.push(this.#items.shift()!);
    this.#items.unshift(item);
    for (const one of before.toReversed()) this.#items.unshift(one);
    this.#bytes += dataBytes(item);
  }

  /** Behind the first `ahead` ones, whether or not there is room. */
  insert(ahead: number, items: readonly Kept[]): void {
    const front: Kept[] = [];
    while (front.length < ahead && this.length > 0) front.push(this.shift()!);
    for (const item of items.toReversed()) {
      item.account.charge(item.bytes);
      this.unshift(item);
    }
    for (const item of front.toReversed()) this.unshift(item);
  }

  peek(): Kept | undefined {
    return this.#items.peek();
  }

  /** The item is the caller's to let go of. */
  shift(): Kept | undefined {
    const item = this.#items.shift();
    if (item) this.#bytes -= dataBytes(item);
    return item;
  }

  clear(dropped: (item: Kept) => void): void {
    for (let item = this.shift(); item; item = this.shift()) {
      letGo(item);
      dropped(item);
    }
  }
}

export function dataBytes(item: Kept): number {
  return payloadData(item.payload).length;
}
