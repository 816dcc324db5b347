import { Deque } from "../engine/deque.js";
import { Turn, turns } from "../handlers/turns.js";

/** The body of one message: the bytes from `start` to `end` of `buffer`. */
export interface Body {
  readonly buffer: Buffer;
  readonly start: number;
  readonly end: number;
  /** Bytes of the connection before this message. */
  readonly before: number;
}

/**
 * Handles a connection's messages in order, for a few milliseconds in each turn of the event loop. The messages that
 * are left wait here, and the connection is not read while any waits. So one client's flood does not delay the others.
 */
export class Inbox {
  readonly #handle: (body: Body) => void;
  readonly #failed: (error: unknown) => void;
  /** Called when messages begin to wait, and when none waits any more. */
  readonly #changed: () => void;
  readonly #waiting = new Deque<Body>();
  readonly #turn = new Turn(turns, () => this.#goOn());

  constructor(handle: (body: Body) => void, failed: (error: unknown) => void, changed: () => void) {
    this.#handle = handle;
    this.#failed = failed;
    this.#changed = changed;
  }

  /** The first waiting message. */
  get next(): Body | undefined {
    return this.#waiting.peek();
  }

  /** Handles a message, now or in a later turn. Throws what the handler throws. */
  take(body: Body): void {
    if (this.#waiting.length === 0 && !this.#turn.over) {
      this.#turn.spend(() => this.#handle(body));
      return;
    }
    this.#waiting.push(body);
    if (this.#waiting.length > 1) return;
    this.#turn.waitForNext();
    this.#changed();
  }

  /** Handles all waiting messages now, because the connection has ended. */
  drain(): void {
    try {
      for (let body = this.#waiting.shift(); body; body = this.#waiting.shift()) this.#handle(body);
    } catch (error) {
      this.clear();
      this.#failed(error);
    }
  }

  /** Drops the waiting messages. */
  clear(): void {
    this.#waiting.clear();
  }

  #goOn(): void {
    if (this.#waiting.length === 0) return;
    try {
      while (!this.#turn.over) {
        const body = this.#waiting.shift();
        if (!body) break;
        this.#turn.spend(() => this.#handle(body));
      }
      if (this.#waiting.length > 0) this.#turn.waitForNext();
      else this.#changed();
    } catch (error) {
      this.clear();
      this.#failed(error);
    }
  }
}
