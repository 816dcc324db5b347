/** The place of a value in a `LinkedList`, needed to remove it. */
export interface Link<T> {
  readonly value: T;
  previous: Link<T> | null;
  next: Link<T> | null;
  linked: boolean;
}

/**
 * A list for waiters: first come first served, and any of them can be removed at any time. All operations take constant
 * time.
 */
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

  /** Returns false if the value had been removed before. */
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
