import { PolyprocError } from "../../protocol/errors.js";
import type { Clock, Timer } from "./clock.js";
import type { Peer } from "./peer.js";

/** On whose behalf work is done: a session, a worker host, a pool, a run. */
export interface Principal {
  /** Work done for it has failed: it is ended, and told why where that is possible. */
  endAfterFault(error: PolyprocError): void;
}

/**
 * Runs what happens after the message that caused it was handled: at the end of the turn, after a time, when a peer has read. An exception there
 * is a fault of the server's own. It is reported and ends the principal that the work was for, never the server.
 *
 * Only this file queues microtasks, and only through it the engine sets timers and waits for peers to read (see test/architecture.test.ts).
 */
export class Guard {
  readonly #clock: Clock;
  readonly #report: (error: unknown) => void;

  constructor(clock: Clock, report: (error: unknown) => void) {
    this.#clock = clock;
    this.#report = report;
  }

  /** Now. `principal` null: the work is nobody's, so a fault is only reported. */
  run(principal: Principal | null, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.fault(principal, error);
    }
  }

  /** At the end of this turn. */
  soon(principal: Principal | null, work: () => void): void {
    queueMicrotask(() => this.run(principal, work));
  }

  /** After `delayMs`. */
  after(delayMs: number, principal: Principal | null, work: () => void): Timer {
    return this.#clock.setTimer(delayMs, () => this.run(principal, work));
  }

  /** Once the peer has little left to read. */
  whenRead(peer: Pick<Peer, "onDrain">, principal: Principal | null, work: () => void): void {
    peer.onDrain(() => this.run(principal, work));
  }

  /** Reports an exception that nobody foresaw, and ends the principal after this turn. */
  fault(principal: Principal | null, error: unknown): void {
    this.#report(error);
    if (!principal) return;
    const told = new PolyprocError("InternalError", `a fault of the server's own, please report it: ${error instanceof Error ? error.message : String(error)}`);
    // Later: others may be in the middle of a change.
    queueMicrotask(() => {
      try {
        principal.endAfterFault(told);
      } catch (second) {
        this.#report(second);
      }
    });
  }
}
