import { payloadBytes } from "../../../protocol/payload.js";
import { Deque } from "../deque.js";
import { letGo, type Kept } from "../kept.js";

/** The items that a queue or a pipe end holds, in order, and its limits on their number and bytes. */
export class ItemStore {
  readonly #maxSize: number;
  readonly #maxBytes: number;
  readonly #items = new Deque<Kept>();
  #bytes = 0;
  /** Place of the next item. Places rise in the order of the items, so an item on loan can return to where it was. */
  #next = 0;

  /** `maxSize` 0: no limit on the number of items. */
  constructor(maxSize: number, maxBytes: number) {
    this.#maxSize = maxSize;
    this.#maxBytes = maxBytes;
  }

  get length(): number {
    return this.#items.length;
  }

  /** Size of the payloads, without overhead. */
  get bytes(): number {
    return this.#bytes;
  }

  get isFull(): boolean {
    return !this.hasRoom(0);
  }

  /** The number of items is below `maxSize`. */
  get hasPlace(): boolean {
    return this.#maxSize === 0 || this.#items.length < this.#maxSize;
  }

  /** An empty store has room for an item of any size: otherwise an item above the limit could never pass. */
  hasRoom(bytes: number): boolean {
    return (
      this.hasPlace &&
      (this.#items.length === 0 || (this.#bytes < this.#maxBytes && this.#bytes + bytes <= this.#maxBytes))
    );
  }

  /**
   * Whether there is room here and in the server's memory. An empty store ignores the memory limit: consumers that
   * would free memory may be waiting for this item.
   */
  admits(item: Kept): boolean {
    return this.hasRoom(dataBytes(item)) && (this.#items.length === 0 || item.account.hasRoom(item.bytes));
  }

  /** Stores an item after all others and charges it. */
  push(item: Kept): void {
    item.account.charge(item.bytes);
    item.place = this.#next++;
    this.#items.push(item);
    this.#bytes += dataBytes(item);
  }

  /** Stores an item before all others. The caller has charged it. */
  unshift(item: Kept): void {
    item.place = (this.peek()?.place ?? this.#next) - 1;
    this.#items.unshift(item);
    this.#bytes += dataBytes(item);
  }

  /** Stores an item again that was on loan and is still charged: at its old place in the order. */
  putBack(item: Kept): void {
    const before: Kept[] = [];
    for (let first = this.peek(); first !== undefined && first.place < item.place; first = this.peek())
      before.push(this.#items.shift()!);
    this.#items.unshift(item);
    for (const one of before.toReversed()) this.#items.unshift(one);
    this.#bytes += dataBytes(item);
  }

  /** Stores and charges items after the first `ahead` ones, whether or not there is room. */
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

  /** Takes the first item out. The caller has to release its charge (`letGo`). */
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
  return payloadBytes(item.payload);
}
