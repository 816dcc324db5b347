import type { PolyprocError } from "../../protocol/errors.js";
import { LinkedList, type Link } from "./linked-list.js";
import type { Session } from "./session.js";
import { Wait, type About, type WaitOptions } from "./wait.js";

/** A wait in a line. `details`: what the line's owner needs besides the session to answer it. */
export interface Waiter<T, D> {
  readonly wait: Wait<T>;
  readonly details: D;
}

interface Place<T, D> extends Waiter<T, D> {
  /** The line that it waits in. Keeps the last one after it has left. */
  line: WaitLine<T, D>;
  link: Link<Place<T, D>> | null;
}

/**
 * Waits for one thing, first come first served. A wait that ends before its turn (timeout, cancellation, end of its
 * session) leaves the line; then `onLeave` is called. It is not called for waits that the owner takes out.
 */
export class WaitLine<T, D = null> {
  readonly #onLeave: (waiter: Waiter<T, D>) => void;
  readonly #about: About | undefined;
  readonly #places = new LinkedList<Place<T, D>>();

  /** `about`: what its waits are for. */
  constructor(onLeave: (waiter: Waiter<T, D>) => void = () => {}, about?: About) {
    this.#onLeave = onLeave;
    this.#about = about;
  }

  get length(): number {
    return this.#places.length;
  }

  get first(): Waiter<T, D> | undefined {
    return this.#places.first;
  }

  /** Ids of the sessions that wait, in order. */
  get sessionIds(): string[] {
    return Array.from(this.#places, ({ wait }) => wait.session.id);
  }

  /** Begins a wait at the end of the line. */
  add(session: Session, details: D, options: Omit<WaitOptions<T>, "onLeave">): Waiter<T, D> {
    const wait = new Wait<T>(session, { about: this.#about, ...options, onLeave: () => place.line.#left(place) });
    const place: Place<T, D> = { wait, details, line: this, link: null };
    place.link = this.#places.push(place);
    return place;
  }

  /** Takes the first waiter out. The caller settles its wait. */
  shift(): Waiter<T, D> | undefined {
    return this.#places.shift();
  }

  /** Takes a waiter out. Returns false if it had left before. */
  remove(waiter: Waiter<T, D>): boolean {
    const { line, link } = waiter as Place<T, D>;
    return line === this && link !== null && this.#places.remove(link);
  }

  /** Takes the first `count` waiters out, as a line of their own with the same `onLeave`. */
  takeFirst(count: number): WaitLine<T, D> {
    const taken = new WaitLine<T, D>(this.#onLeave, this.#about);
    for (let i = 0; i < count; i++) {
      const place = this.#places.shift();
      if (!place) break;
      place.line = taken;
      place.link = taken.#places.push(place);
    }
    return taken;
  }

  takeAll(): WaitLine<T, D> {
    return this.takeFirst(this.length);
  }

  /** Takes all waiters out and answers each of them. */
  resolveAll(answer: (index: number) => T): void {
    let index = 0;
    for (let place = this.#places.shift(); place; place = this.#places.shift()) place.wait.resolve(answer(index++));
  }

  /** Takes all waiters out and fails each of them. */
  rejectAll(error: PolyprocError): void {
    for (let place = this.#places.shift(); place; place = this.#places.shift()) place.wait.reject(error);
  }

  [Symbol.iterator](): IterableIterator<Waiter<T, D>> {
    return this.#places[Symbol.iterator]();
  }

  #left(place: Place<T, D>): void {
    if (this.remove(place)) this.#onLeave(place);
  }
}
