import { PolyprocError } from "../../../protocol/errors.js";
import type { SyncInfo } from "../../../protocol/events.js";
import type { Handle } from "../../../protocol/schema.js";
import type { SyncDependencies } from "./dependencies.js";
import { releasedByAll, type SharedObject } from "../registry.js";
import type { Holding, Session } from "../session.js";
import type { Party, Wait, Waitable } from "../wait.js";
import { WaitLine } from "../wait-line.js";

export interface Acquired {
  acquired: boolean;
  ownerDied: boolean;
  /** Of a cluster. */
  fence?: number;
}

export interface LockStatus {
  locked: boolean;
  holder: string | null;
  depth: number;
  waiters: number;
}

/** A lock of this server or of a cluster. */
export abstract class LockObject implements SharedObject {
  abstract readonly handle: Handle;
  /** Address of the cluster, without its password. Null: it is of this server. */
  abstract readonly cluster: string | null;
  abstract acquire(session: Session, owner: string, timeoutMs: number | null | undefined): Acquired | Wait<Acquired>;
  abstract release(session: Session, owner: string): null | Promise<null>;
  abstract status(): LockStatus | Promise<LockStatus>;
  abstract unreferenced(): void;
  abstract describe(): SyncInfo;
}

/**
 * Lock and RLock. `release` hands the lock to the waiter that has waited longest, so a free lock has no waiters. After
 * its holder's session has ended, the next holder is told `ownerDied`.
 */
export class Lock extends LockObject implements Waitable, Holding {
  readonly handle: Handle;
  readonly cluster = null;
  readonly recursive: boolean;
  readonly #engine: SyncDependencies;
  /** `depth`: the depth at which the waiter will hold the lock. */
  readonly #waiters = new WaitLine<Acquired, { depth: number }>(() => this.#changed(), {
    object: this,
    reason: "held",
  });
  #holder: Session | null = null;
  #owner = "";
  /** How many times its owner has acquired it; 0 if it is free. */
  #depth = 0;
  /** Stamp of the acquisition; see `WaitGraph.stamp`. */
  #since = 0;
  /** When it was acquired, on the engine's clock. */
  #at = 0;
  /** The last holder died. Reported to the next holder. */
  #ownerDied = false;

  constructor(engine: SyncDependencies, handle: Handle) {
    super();
    this.#engine = engine;
    this.handle = handle;
    this.recursive = handle.startsWith("rlock:");
  }

  acquire(session: Session, owner: string, timeoutMs: number | null | undefined): Acquired | Wait<Acquired> {
    if (this.recursive && this.#holder === session && this.#owner === owner) {
      this.#depth++;
      this.#changed();
      return { acquired: true, ownerDied: false };
    }
    if (!this.#holder) return this.#take(session, owner, 1);
    if (timeoutMs === 0) return { acquired: false, ownerDied: false };
    return this.#enqueue(session, owner, 1, timeoutMs);
  }

  release(session: Session, owner: string): null {
    if (!this.#holder)
      throw new PolyprocError(
        "BadState",
        `${this.handle} is not held, so it cannot be released: match each release with one acquire`,
      );
    if (this.recursive) this.#requireOwner(session, owner, "release it");
    if (--this.#depth > 0) this.#changed();
    else this.#handOver();
    return null;
  }

  /** For a condition: releases the lock at all depths. Returns the depth, for `takeBack`. */
  giveUp(session: Session, owner: string): number {
    this.requireHeld(session, owner, "wait");
    const depth = this.#depth;
    this.#handOver();
    return depth;
  }

  /** For a condition: acquires the lock again, at its former depth. */
  takeBack(session: Session, owner: string, depth: number): Acquired | Wait<Acquired> {
    return this.#holder ? this.#enqueue(session, owner, depth, null) : this.#take(session, owner, depth);
  }

  /**
   * Throws NotOwner unless the caller holds the lock. As in Python, a Lock belongs to the session, an RLock to an
   * owner.
   */
  requireHeld(session: Session, owner: string, action: string): void {
    if (this.recursive) this.#requireOwner(session, owner, action);
    else if (this.#holder !== session) throw this.#notOwner(action);
  }

  status(): LockStatus {
    return {
      locked: this.#holder !== null,
      holder: this.#holder?.id ?? null,
      depth: this.#depth,
      waiters: this.#waiters.length,
    };
  }

  describe(): SyncInfo {
    return {
      handle: this.handle,
      kind: this.recursive ? "rlock" : "lock",
      holders: this.#holder ? [this.#holder.id] : [],
      waiters: this.#waiters.sessionIds,
      value: this.#depth,
      limit: null,
    };
  }

  holders(): Iterable<Party> {
    return this.#holder ? [{ session: this.#holder, owner: this.#owner, since: this.#since, at: this.#at }] : [];
  }

  holderEnded(): void {
    this.#ownerDied = true;
    this.#handOver();
  }

  unreferenced(): void {
    this.#holder?.holdings.delete(this);
    this.#holder = null;
    this.#waiters.rejectAll(releasedByAll(this.handle));
  }

  #enqueue(session: Session, owner: string, depth: number, timeoutMs: number | null | undefined): Wait<Acquired> {
    const { wait } = this.#waiters.add(
      session,
      { depth },
      { owner, timeoutMs, resource: this, onTimeout: () => ({ acquired: false, ownerDied: false }) },
    );
    this.#changed();
    return wait;
  }

  #take(session: Session, owner: string, depth: number): Acquired {
    const ownerDied = this.#ownerDied;
    this.#ownerDied = false;
    this.#holder = session;
    this.#owner = owner;
    this.#depth = depth;
    this.#since = this.#engine.waitGraph.stamp();
    this.#at = this.#engine.clock.now();
    session.holdings.add(this);
    this.#changed();
    return { acquired: true, ownerDied };
  }

  #handOver(): void {
    this.#holder?.holdings.delete(this);
    this.#holder = null;
    this.#depth = 0;
    const next = this.#waiters.shift();
    if (next) next.wait.resolve(this.#take(next.wait.session, next.wait.owner, next.details.depth));
    else this.#changed();
  }

  #changed(): void {
    this.#engine.events.syncChanged(this, false);
  }

  #requireOwner(session: Session, owner: string, action: string): void {
    if (this.#holder !== session || this.#owner !== owner) throw this.#notOwner(action);
  }

  #notOwner(action: string): PolyprocError {
    const holder = this.#holder ? `${this.#holder.id}${this.#owner && ` (${this.#owner})`} holds it` : "it is free";
    return new PolyprocError(
      "NotOwner",
      `only the owner of ${this.handle} may ${action}, but ${holder}: acquire it first`,
    );
  }
}
