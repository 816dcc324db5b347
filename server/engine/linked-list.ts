/** A place in a `LinkedList`, to take its value out again. */
export interface Link<T> {
  readonly value: T;
  previous: Link<T> | null;
  next: Link<T> | null;
  linked: boolean;
}

/** Waiters in the order in which they came; any of them may leave at any time. Every operation takes constant time. */
export class LinkedList<T> {
  #first: Link<T> | null = null;
  #last: Link<T> | null = null;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get first(): T | undefined {
    return this.#first?.value;
  }

  push(value: T): Link<T> {
    const link: Link<T> = { value, previous: this.#last, next: null, linked: true };
    if (this.#last) this.#last.next = link;
    else this.#first = link;
    this.#last = link;
    this.#length++;
    return link;
  }

  shift(): T | undefined {
    const first = this.#first;
    if (!first) return undefined;
    this.remove(first);
    return first.value;
  }

  /** False when it was taken out before. */
  remove(link: Link<T>): boolean {
    if (!link.linked) return false;
    if (link.previous) link.previous.next = link.next;
    else this.#first = link.next;
    if (link.next) link.next.previous = link.previous;
    else this.#last = link.previous;
    link.previous = link.next = null;
    link.linked = false;
    this.#length--;
    return true;
  }

  *links(): IterableIterator<Link<T>> {
    for (let link = this.#first; link; link = link.next) yield link;
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (let link = this.#first; link; link = link.next) yield link.value;
  }
}
