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
 * Handles a connection's messages in their order, a few milliseconds of them in each turn of the event loop. The rest of what was read waits here, and
 * nothing more is read while it does, so one client's flood leaves the others their turns.
 */
export class Inbox {
  readonly #handle: (body: Body) => void;
  readonly #failed: (error: unknown) => void;
  /** Messages begin to wait, or none waits any more. */
  readonly #changed: () => void;
  readonly #waiting = new Deque<Body>();
  readonly #turn = new Turn(turns, () => this.#goOn());

  constructor(handle: (body: Body) => void, failed: (error: unknown) => void, changed: () => void) {
    this.#handle = handle;
    this.#failed = failed;
    this.#changed = changed;
  }

  /** The first message that waits. */
  get next(): Body | undefined {
    return this.#waiting.peek();
  }

  /** Handles a message, now or in a later turn. Fails with what the handler throws. */
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

  /** The connection has ended: what came before its end is handled now. */
  drain(): void {
    try {
      for (let body = this.#waiting.shift(); body; body = this.#waiting.shift()) this.#handle(body);
    } catch (error) {
      this.clear();
      this.#failed(error);
    }
  }

  /** Forgets what waits. */
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
