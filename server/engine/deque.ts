/** A double-ended queue in a ring buffer. All operations but `remove` and iteration take constant time. */
export class Deque<T> {
  #ring: (T | undefined)[] = new Array<T | undefined>(16);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: T): void {
    if (this.#length === this.#ring.length) this.#resize(this.#length * 2);
    this.#ring[(this.#head + this.#length) & (this.#ring.length - 1)] = item;
    this.#length++;
  }

  unshift(item: T): void {
    if (this.#length === this.#ring.length) this.#resize(this.#length * 2);
    this.#head = (this.#head - 1) & (this.#ring.length - 1);
    this.#ring[this.#head] = item;
    this.#length++;
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#ring[this.#head];
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#length--;
    if (this.#ring.length > 64 && this.#length * 8 < this.#ring.length) this.#resize(this.#ring.length / 2);
    return item;
  }

  peek(): T | undefined {
    return this.#length === 0 ? undefined : this.#ring[this.#head];
  }

  clear(): void {
    this.#ring = new Array<T | undefined>(16);
    this.#head = 0;
    this.#length = 0;
  }

  /** Removes one item. Returns whether it was there. Takes linear time. */
  remove(item: T): boolean {
    for (let i = 0; i < this.#length; i++) {
      if (this.#at(i) !== item) continue;
      for (let j = i; j + 1 < this.#length; j++)
        this.#ring[(this.#head + j) & (this.#ring.length - 1)] = this.#at(j + 1);
      this.#length--;
      this.#ring[(this.#head + this.#length) & (this.#ring.length - 1)] = undefined;
      return true;
    }
    return false;
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (let i = 0; i < this.#length; i++) yield this.#at(i) as T;
  }

  #at(i: number): T | undefined {
    return this.#ring[(this.#head + i) & (this.#ring.length - 1)];
  }

  #resize(size: number): void {
    const ring = new Array<T | undefined>(size);
    for (let i = 0; i < this.#length; i++) ring[i] = this.#at(i);
    this.#ring = ring;
    this.#head = 0;
  }
}
