import { PolyprocError } from "../../protocol/errors.js";
import type { Timer } from "./clock.js";
import type { WaitReason } from "../../protocol/waits.js";
import type { Session } from "./session.js";

export type Outcome<T> = { ok: true; value: T } | { ok: false; error: PolyprocError };

export interface WaitOptions<T> {
  /** Milliseconds; absent or null: no limit. */
  timeoutMs?: number | null | undefined;
  /** Returns the answer on timeout, or throws the error. Absent: TimedOut. */
  onTimeout?: () => T;
  /**
   * Removes the wait from the list that holds it. Called on timeout (before `onTimeout`), on cancellation, when its
   * session ends, and when a deadlock is broken. Not called by `resolve` and `reject`, whose caller has removed it.
   */
  onLeave?: () => void;
  /**
   * Called first on cancellation, unless the session has ended. Returns true if the wait will settle later, because
   * there is something to do first: a condition acquires its lock again.
   */
  onCancel?: (error: PolyprocError) => boolean;
  /** The owner that waits: a thread or task inside the session. */
  owner?: string | undefined;
  /** What the wait is for, for the deadlock search. Absent: this wait cannot be part of a deadlock. */
  resource?: Waitable | undefined;
  /** What it waits for and why, for `server/waits`. Absent: no user waits for it. */
  about?: About | undefined;
  /** The wait ends by a timer of its caller, so it counts as one with a timeout. */
  bounded?: boolean | undefined;
}

/** An object, and the reason why a request waits for it. */
export interface About {
  readonly object: { readonly handle: string };
  readonly reason: WaitReason;
}

/** Something that parties hold and wait for. */
export interface Waitable {
  readonly handle: string;
  /** The holders. A waiter goes on only after one of them acts. Empty: it is not known which party will act. */
  holders(): Iterable<Party>;
}

/** A flow of control: a session, and inside it a thread or task (`""` when there is just one). */
export interface Party {
  session: Session;
  owner: string;
  /** Stamp (`WaitGraph.stamp`) of its acquisition. Only waits with a later stamp can block it. Absent: 0. */
  since?: number;
  /** When it acquired the object, on the engine's clock. Absent: it is not known. */
  at?: number;
}

/**
 * The pending answer of a request. A wait belongs to a session, can be cancelled, and ends when its session ends. It
 * settles once, and then calls the listener of `onSettled`.
 */
export class Wait<T> {
  readonly session: Session;
  readonly owner: string;
  readonly resource: Waitable | undefined;
  readonly about: About | undefined;
  /** It has no timeout. Only such waits can be part of a deadlock. */
  readonly endless: boolean;
  /** When it began, on the engine's clock. */
  readonly since: number;
  /** Its number in the order of waits and acquisitions; 0 without a resource. */
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
    this.about = options.about;
    this.endless = !options.bounded && (options.timeoutMs === undefined || options.timeoutMs === null);
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
          this.#settle({
            ok: false,
            error: error instanceof PolyprocError ? error : new PolyprocError("InternalError", String(error)),
          });
        }
      });
    }
    if (this.resource || this.about) session.engine.waitGraph.waitBegan(this as Wait<unknown>);
  }

  get settled(): boolean {
    return this.#outcome !== undefined;
  }

  resolve(value: T): void {
    if (this.#outcome) return;
    this.#settle({ ok: true, value });
  }

  /** Fails the wait. The caller has removed it from its list. */
  reject(error: PolyprocError): void {
    if (this.#outcome) return;
    this.#settle({ ok: false, error });
  }

  /** Cancels the wait: removes it from its list, then fails it. `onCancel` may defer that. */
  cancel(error: PolyprocError): void {
    if (this.#outcome) return;
    if (!this.session.ended && this.#onCancel?.(error)) return;
    this.#leave();
    this.#settle({ ok: false, error });
  }

  /** Sets the listener; there is at most one. Called at once if the wait has settled already. */
  onSettled(listener: (outcome: Outcome<T>) => void): void {
    if (this.#outcome) listener(this.#outcome);
    else this.#listener = listener;
  }

  /** A wait for the changed value: `lock.acquire(…).map(…)`. */
  map<U>(change: (value: T) => U): Wait<U> | U {
    if (this.#outcome) {
      if (this.#outcome.ok) return change(this.#outcome.value);
      throw this.#outcome.error;
    }
    const outer = new Wait<U>(this.session, {
      owner: this.owner,
      // Cancel the inner wait, which may defer its end. The outer wait ends with it.
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
    if (this.resource || this.about) this.session.engine.waitGraph.waitEnded(this as Wait<unknown>);
    const listener = this.#listener;
    this.#listener = undefined;
    // The caller may have more waits to settle, so an exception of the listener must not reach it.
    try {
      listener?.(outcome);
    } catch (error) {
      this.session.engine.guard.fault(this.session, error);
    }
  }
}
