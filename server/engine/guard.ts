import { PolyprocError } from "../../protocol/errors.js";
import type { Clock, Timer } from "./clock.js";
import type { Peer } from "./peer.js";

/** The session, worker host, pool or run that work is done for. */
export interface Principal {
  /** An exception occurred in work for this principal: ends it, and reports the error to its client if there is one. */
  endAfterFault(error: PolyprocError): void;
}

/**
 * Runs deferred work: at the end of a turn of the event loop, after a delay, or when a peer has drained. An exception
 * in it is a fault of the server's own. It is reported and ends the principal of the work, never the server.
 *
 * Only this file queues microtasks, and only through it the engine sets timers and waits for peers to read (see
 * test/architecture.test.ts).
 */
export class Guard {
  readonly #clock: Clock;
  readonly #report: (error: unknown) => void;

  constructor(clock: Clock, report: (error: unknown) => void) {
    this.#clock = clock;
    this.#report = report;
  }

  /** Runs the work now. `principal` null: an exception is only reported. */
  run(principal: Principal | null, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.fault(principal, error);
    }
  }

  /** Runs the work at the end of this turn of the event loop. */
  soon(principal: Principal | null, work: () => void): void {
    queueMicrotask(() => this.run(principal, work));
  }

  /** Runs the work after `delayMs`. */
  after(delayMs: number, principal: Principal | null, work: () => void): Timer {
    return this.#clock.setTimer(delayMs, () => this.run(principal, work));
  }

  /** Runs the work once the peer's backlog is small. */
  whenRead(peer: Pick<Peer, "onDrain">, principal: Principal | null, work: () => void): void {
    peer.onDrain(() => this.run(principal, work));
  }

  /** Reports an unexpected exception, and ends the principal after this turn. */
  fault(principal: Principal | null, error: unknown): void {
    this.#report(error);
    if (!principal) return;
    const told = new PolyprocError(
      "InternalError",
      `a fault of the server's own, please report it: ${error instanceof Error ? error.message : String(error)}`,
    );
    // Deferred, because callers further up may be in the middle of a change.
    queueMicrotask(() => {
      try {
        principal.endAfterFault(told);
      } catch (second) {
        this.#report(second);
      }
    });
  }
}

/** Work that runs at the end of a turn of the event loop, once however often it was asked for in that turn. */
export class OncePerTurn {
  readonly #guard: Guard;
  readonly #principal: Principal | null;
  readonly #work: () => void;
  #due = false;

  constructor(guard: Guard, principal: Principal | null, work: () => void) {
    this.#guard = guard;
    this.#principal = principal;
    this.#work = work;
  }

  schedule(): void {
    if (this.#due) return;
    this.#due = true;
    this.#guard.soon(this.#principal, () => {
      this.#due = false;
      this.#work();
    });
  }
}
