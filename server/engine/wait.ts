import { PolyprocError } from "../../protocol/errors.js";
import type { Timer } from "./clock.js";
import type { Session } from "./session.js";

export type Outcome<T> = { ok: true; value: T } | { ok: false; error: PolyprocError };

export interface WaitOptions<T> {
  /** Milliseconds; absent or null waits without limit. */
  timeoutMs?: number | null | undefined;
  /** The answer on expiry, or a throw of the error. */
  onTimeout?: () => T;
  /**
   * Called when the wait ends in any way but `resolve`: expiry, cancellation, death of its session, a broken deadlock. It takes the
   * wait out of whatever list holds it. On expiry it is called before `onTimeout`.
   */
  onLeave?: () => void;
  /**
   * Called first when the wait is cancelled, unless its session has ended. True: the wait will settle by itself, because something must
   * be done before (a condition's lock taken back).
   */
  onCancel?: (error: PolyprocError) => boolean;
  /** Who inside the session waits. */
  owner?: string | undefined;
  /** What is waited for, for the search for deadlocks. Absent: this wait cannot be part of one. */
  resource?: Waitable | undefined;
}

/** Something that others hold and that can be waited for. */
export interface Waitable {
  readonly handle: string;
  /** Those of whom one must act before a waiter can go on. Empty: it cannot be told who will. */
  holders(): Iterable<Party>;
}

/** A flow of control: a session, and inside it a thread or task (`""` when there is just one). */
export interface Party {
  session: Session;
  owner: string;
  /** `WaitGraph.stamp()` at which it began to hold; only waits that began later can keep it from acting. Absent: from the beginning. */
  since?: number;
}

/**
 * An answer that comes later. Every wait belongs to a session, can be cancelled, and ends when its session ends.
 * It settles once; whoever asked is told through `onSettled`.
 */
export class Wait<T> {
  readonly session: Session;
  readonly owner: string;
  readonly resource: Waitable | undefined;
  /** False for waits with a time-out: they end by themselves. */
  readonly endless: boolean;
  /** Monotonic time at which it began. */
  readonly since: number;
  /** Its place in the order of waits and acquisitions; 0 without a resource. */
  readonly stamp: number;
  #outcome: Outcome<T> | undefined;
  #listener: ((outcome: Outcome<T>) => void) | undefined;
  #onLeave: (() => void) | undefined;
  #onCancel: ((error: PolyprocError) => boolean) | undefined;
  #timer: Timer | undefined;

  constructor(session: Session, options: WaitOptions<T>) {
    this.session = session;
    this.owner = options.owner ?? "";
    this.resource = options.resource;
    this.endless = options.timeoutMs === undefined || options.timeoutMs === null;
    this.since = session.engine.clock.now();
    this.stamp = this.resource ? session.engine.waitGraph.stamp() : 0;
    this.#onLeave = options.onLeave;
    this.#onCancel = options.onCancel;
    session.waits.add(this as Wait<unknown>);
    if (options.timeoutMs !== undefined && options.timeoutMs !== null) {
      const onTimeout = options.onTimeout;
      this.#timer = session.engine.guard.after(options.timeoutMs, session, () => {
        this.#leave();
        try {
          if (!onTimeout) throw new PolyprocError("TimedOut", "the wait took longer than timeoutMs");
          this.#settle({ ok: true, value: onTimeout() });
        } catch (error) {
          this.#settle({ ok: false, error: error instanceof PolyprocError ? error : new PolyprocError("InternalError", String(error)) });
        }
      });
    }
    if (this.resource) session.engine.waitGraph.waitBegan(this as Wait<unknown>);
  }

  get settled(): boolean {
    return this.#outcome !== undefined;
  }

  resolve(value: T): void {
    if (this.#outcome) return;
    this.#settle({ ok: true, value });
  }

  /** The thing waited for failed. The caller has taken the wait out of its lists. */
  reject(error: PolyprocError): void {
    if (this.#outcome) return;
    this.#settle({ ok: false, error });
  }

  /** Ends the wait from outside: takes it out of its lists, then fails it. */
  cancel(error: PolyprocError): void {
    if (this.#outcome) return;
    if (!this.session.ended && this.#onCancel?.(error)) return;
    this.#leave();
    this.#settle({ ok: false, error });
  }

  /** At most one listener; called at once when it has settled already. */
  onSettled(listener: (outcome: Outcome<T>) => void): void {
    if (this.#outcome) listener(this.#outcome);
    else this.#listener = listener;
  }

  /** The same wait with another value: `lock.acquire(…).map(…)`. */
  map<U>(change: (value: T) => U): Wait<U> | U {
    if (this.#outcome) {
      if (this.#outcome.ok) return change(this.#outcome.value);
      throw this.#outcome.error;
    }
    const outer = new Wait<U>(this.session, {
      owner: this.owner,
      // It ends when this one does, which may have to put something right first.
      onCancel: (error) => {
        this.cancel(error);
        return true;
      },
    });
    this.onSettled((outcome) => {
      if (!outcome.ok) {
        outer.reject(outcome.error);
        return;
      }
      try {
        outer.resolve(change(outcome.value));
      } catch (error) {
        outer.reject(error instanceof PolyprocError ? error : new PolyprocError("InternalError", String(error)));
      }
    });
    return outer;
  }

  #leave(): void {
    const leave = this.#onLeave;
    this.#onLeave = undefined;
    try {
      leave?.();
    } catch (error) {
      this.session.engine.guard.fault(this.session, error);
    }
  }

  #settle(outcome: Outcome<T>): void {
    // `onLeave` may itself have settled the wait.
    if (this.#outcome) return;
    this.#outcome = outcome;
    this.#timer?.cancel();
    this.session.waits.delete(this as Wait<unknown>);
    if (this.resource) this.session.engine.waitGraph.waitEnded(this as Wait<unknown>);
    const listener = this.#listener;
    this.#listener = undefined;
    // Whoever settles a wait may have others to settle: what its listener does is its session's affair.
    try {
      listener?.(outcome);
    } catch (error) {
      this.session.engine.guard.fault(this.session, error);
    }
  }
}
