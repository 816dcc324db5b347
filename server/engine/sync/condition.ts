import { PolyprocError } from "../../../protocol/errors.js";
import type { SyncInfo } from "../../../protocol/events.js";
import type { Handle } from "../../../protocol/schema.js";
import type { Timer } from "../clock.js";
import type { SyncDependencies } from "./dependencies.js";
import { LinkedList, type Link } from "../linked-list.js";
import type { Acquired, Lock } from "./lock.js";
import { releasedByAll, type SharedObject } from "../registry.js";
import type { Session } from "../session.js";
import { Wait } from "../wait.js";

export interface ConditionResult {
  notified: boolean;
  ownerDied: boolean;
}

/** The answer that a waiter gets once it holds the lock again. */
type Verdict = { notified: boolean } | { error: PolyprocError };

interface Waiter {
  readonly wait: Wait<ConditionResult>;
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
  readonly #waiters = new LinkedList<Waiter>();

  constructor(engine: SyncDependencies, handle: Handle, lock: Lock) {
    this.#engine = engine;
    this.handle = handle;
    this.lock = lock;
    engine.registry.pin(lock.handle);
  }

  wait(session: Session, owner: string, timeoutMs: number | null | undefined): Wait<ConditionResult> {
    const depth = this.lock.giveUp(session, owner);
    const wait = new Wait<ConditionResult>(session, {
      owner,
      onCancel: (error) => {
        // If it is no longer in the list, it was notified, and its answer comes once it has the lock.
        if (this.#waiters.remove(link)) this.#takeBack(waiter, { error });
        return true;
      },
      onLeave: () => {
        waiter.timer?.cancel();
        if (this.#waiters.remove(link)) this.#changed();
      },
    });
    const waiter: Waiter = { wait, depth, timer: null };
    const link: Link<Waiter> = this.#waiters.push(waiter);
    if (timeoutMs === 0) this.#expire(link);
    else if (typeof timeoutMs === "number")
      waiter.timer = this.#engine.guard.after(timeoutMs, session, () => this.#expire(link));
    this.#changed();
    return wait;
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
      waiters: Array.from(this.#waiters, (waiter) => waiter.wait.session.id),
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
    for (const link of this.#waiters.links()) {
      // A waiter whose session is ending would lose the notification again.
      if (link.value.wait.session.ended) continue;
      this.#waiters.remove(link);
      this.#takeBack(link.value, { notified: true });
      return;
    }
  }

  #expire(link: Link<Waiter>): void {
    if (this.#waiters.remove(link)) this.#takeBack(link.value, { notified: false });
  }

  /** Waits for the lock for a waiter that has left the list, then answers it. */
  #takeBack(waiter: Waiter, verdict: Verdict): void {
    const { wait, depth } = waiter;
    waiter.timer?.cancel();
    this.#changed();
    const taken = this.lock.takeBack(wait.session, wait.owner, depth);
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
