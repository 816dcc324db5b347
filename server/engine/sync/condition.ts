import { PolyprocError } from "../../../protocol/errors.js";
import type { SyncInfo } from "../../../protocol/events.js";
import type { Handle } from "../../../protocol/schema.js";
import type { Timer } from "../clock.js";
import type { SyncDependencies } from "./dependencies.js";
import type { Acquired, Lock } from "./lock.js";
import { releasedByAll, type SharedObject } from "../registry.js";
import type { Session } from "../session.js";
import { Wait } from "../wait.js";
import { WaitLine, type Waiter } from "../wait-line.js";

export interface ConditionResult {
  notified: boolean;
  ownerDied: boolean;
}

/** The answer that a waiter gets once it holds the lock again. */
type Verdict = { notified: boolean } | { error: PolyprocError };

interface Waiting {
  /** Depth at which the waiter held the lock before it waited. */
  readonly depth: number;
  timer: Timer | null;
}

/**
 * A condition with its lock. A waiter releases the lock while it waits. Whether it is notified, times out or is
 * cancelled, it holds the lock again when it gets its answer. There are two exceptions: its session has ended, or its
 * wait for the lock was ended to break a deadlock.
 */
export class Condition implements SharedObject {
  readonly handle: Handle;
  readonly lock: Lock;
  readonly #engine: SyncDependencies;
  readonly #waiters = new WaitLine<ConditionResult, Waiting>(
    ({ details }) => {
      details.timer?.cancel();
      this.#changed();
    },
    { object: this, reason: "notNotified" },
  );

  constructor(engine: SyncDependencies, handle: Handle, lock: Lock) {
    this.#engine = engine;
    this.handle = handle;
    this.lock = lock;
    engine.registry.pin(lock.handle);
  }

  wait(session: Session, owner: string, timeoutMs: number | null | undefined): Wait<ConditionResult> {
    const depth = this.lock.giveUp(session, owner);
    const waiter = this.#waiters.add(
      session,
      { depth, timer: null },
      {
        owner,
        bounded: typeof timeoutMs === "number",
        onCancel: (error) => {
          // If it is no longer in the line, it was notified, and its answer comes once it has the lock.
          if (this.#waiters.remove(waiter)) this.#takeBack(waiter, { error });
          return true;
        },
      },
    );
    if (timeoutMs === 0) this.#expire(waiter);
    else if (typeof timeoutMs === "number")
      waiter.details.timer = this.#engine.guard.after(timeoutMs, session, () => this.#expire(waiter));
    this.#changed();
    return waiter.wait;
  }

  /** Notifies up to `n` waiters; null: all. */
  notify(session: Session, owner: string, n: number | null): { notified: number } {
    this.lock.requireHeld(session, owner, "notify");
    const notified = Math.min(n ?? Infinity, this.#waiters.length);
    for (let i = 0; i < notified; i++) this.#notifyFirst();
    return { notified };
  }

  status(): { lock: Handle; waiters: number } {
    return { lock: this.lock.handle, waiters: this.#waiters.length };
  }

  describe(): SyncInfo {
    return {
      handle: this.handle,
      kind: "condition",
      holders: Array.from(this.lock.holders(), (party) => party.session.id),
      waiters: this.#waiters.sessionIds,
      value: this.#waiters.length,
      limit: null,
    };
  }

  unreferenced(): void {
    for (let waiter = this.#waiters.shift(); waiter; waiter = this.#waiters.shift())
      this.#takeBack(waiter, { error: releasedByAll(this.handle) });
    this.#engine.registry.unpin(this.lock.handle);
  }

  #notifyFirst(): void {
    const waiter = this.#waiters.shift();
    if (waiter) this.#takeBack(waiter, { notified: true });
  }

  /** A notified waiter failed before it had the lock: notifies another waiter, so that no notification is lost. */
  #passOn(): void {
    for (const waiter of this.#waiters) {
      // A waiter whose session is ending would lose the notification again.
      if (waiter.wait.session.ended) continue;
      this.#waiters.remove(waiter);
      this.#takeBack(waiter, { notified: true });
      return;
    }
  }

  #expire(waiter: Waiter<ConditionResult, Waiting>): void {
    if (this.#waiters.remove(waiter)) this.#takeBack(waiter, { notified: false });
  }

  /** Waits for the lock for a waiter that has left the line, then answers it. */
  #takeBack({ wait, details }: Waiter<ConditionResult, Waiting>, verdict: Verdict): void {
    details.timer?.cancel();
    this.#changed();
    const taken = this.lock.takeBack(wait.session, wait.owner, details.depth);
    if (!(taken instanceof Wait)) {
      answer(wait, verdict, taken);
      return;
    }
    taken.onSettled((outcome) => {
      if (outcome.ok) {
        answer(wait, verdict, outcome.value);
        return;
      }
      wait.reject(outcome.error);
      if ("notified" in verdict && verdict.notified) this.#passOn();
    });
  }

  #changed(): void {
    this.#engine.events.syncChanged(this, false);
  }
}

function answer(wait: Wait<ConditionResult>, verdict: Verdict, { ownerDied }: Acquired): void {
  if ("notified" in verdict) wait.resolve({ notified: verdict.notified, ownerDied });
  else if (ownerDied)
    wait.reject(new PolyprocError(verdict.error.codeName, verdict.error.message, { ...verdict.error.data, ownerDied }));
  else wait.reject(verdict.error);
}
