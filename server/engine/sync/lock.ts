import { PolyprocError } from "../../../protocol/errors.js";
import { lastDepth } from "../../../protocol/lock-words.js";
import type { SyncInfo } from "../../../protocol/events.js";
import type { Handle } from "../../../protocol/schema.js";
import type { SyncDependencies } from "./dependencies.js";
import { releasedByAll, type SharedObject } from "../registry.js";
import type { Holding, Session } from "../session.js";
import type { LockWords, Word } from "./lock-words.js";
import type { Party, Wait, Waitable } from "../wait.js";
import { WaitLine } from "../wait-line.js";

export interface Acquired {
  acquired: boolean;
  ownerDied: boolean;
  /** The number of this grant, for a lock of a cluster. */
  fence?: number;
  /** The cell of its word, for a session that uses words. */
  cell?: number;
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

/** Who holds a lock. */
interface Holder {
  readonly session: Session;
  readonly owner: string;
  /** How a word names it; 0 if no word does. */
  readonly party: number;
  /** Stamp of the acquisition; see `WaitGraph.stamp`. */
  readonly since: number;
  /** When it was acquired, on the engine's clock. Undefined: without a message, so it is not known. */
  readonly at?: number;
}

export interface LockDependencies extends SyncDependencies {
  readonly lockWords: LockWords;
}

/**
 * Lock and RLock. `release` hands the lock to the waiter that has waited longest, so a free lock has no waiters. After
 * its holder's session has ended, the next holder is told `ownerDied`.
 *
 * A lock that a session with words has acquired has a word. While no session waits, the word is open: clients take and
 * release the lock without a message. Everything below happens while the word has the flag, see `#claimed`.
 */
export class Lock extends LockObject implements Waitable, Holding {
  readonly handle: Handle;
  readonly cluster = null;
  readonly recursive: boolean;
  readonly #engine: LockDependencies;
  /** `depth`: the depth at which the waiter will hold the lock. */
  readonly #waiters = new WaitLine<Acquired, { depth: number }>(() => this.#claimed(() => this.#changed()), {
    object: this,
    reason: "held",
  });
  /** Out of date while the word is open: see `#heldBy`. */
  #holder: Holder | null = null;
  /** How many times a holder without a party has acquired it. The depth of others is beside the word. */
  #depth = 0;
  /** The last holder died. Reported to the next holder. */
  #ownerDied = false;
  #word: Word | null = null;
  #open = false;
  /** The last holder that was published, and the word's `taken` at that time. */
  #published: { holder: Holder | null; taken: number } = { holder: null, taken: 0 };
  /** Calls of `#claimed` that run. */
  #claims = 0;

  constructor(engine: LockDependencies, handle: Handle) {
    super();
    this.#engine = engine;
    this.handle = handle;
    this.recursive = handle.startsWith("rlock:");
  }

  acquire(session: Session, owner: string, timeoutMs: number | null | undefined): Acquired | Wait<Acquired> {
    return this.#claimed(() => {
      if (this.recursive && this.#isHolder(session, owner)) {
        if (this.#depthOf(this.#holder) > lastDepth)
          throw new PolyprocError(
            "BadState",
            `its owner has acquired ${this.handle} ${lastDepth + 1} times, which is the limit: release it first`,
          );
        this.#deepen(1);
        this.#changed();
        return this.#acquired(session, false);
      }
      if (!this.#holder) return this.#take(session, owner, 1);
      if (timeoutMs === 0) return { acquired: false, ownerDied: false };
      return this.#enqueue(session, owner, 1, timeoutMs);
    });
  }

  release(session: Session, owner: string): null {
    return this.#claimed(() => {
      if (!this.#holder)
        throw new PolyprocError(
          "BadState",
          `${this.handle} is not held, so it cannot be released: match each release with one acquire`,
        );
      if (this.recursive) this.#requireOwner(session, owner, "release it");
      if (this.#depthOf(this.#holder) > 1) {
        this.#deepen(-1);
        this.#changed();
      } else this.#handOver();
      return null;
    });
  }

  /** For a condition: releases the lock at all depths. Returns the depth, for `takeBack`. */
  giveUp(session: Session, owner: string): number {
    return this.#claimed(() => {
      this.requireHeld(session, owner, "wait");
      const depth = this.#depthOf(this.#holder);
      this.#handOver();
      return depth;
    });
  }

  /** For a condition: acquires the lock again, at its former depth. */
  takeBack(session: Session, owner: string, depth: number): Acquired | Wait<Acquired> {
    return this.#claimed(() =>
      this.#holder ? this.#enqueue(session, owner, depth, null) : this.#take(session, owner, depth),
    );
  }

  /**
   * Throws NotOwner unless the caller holds the lock. As in Python, a Lock belongs to the session, an RLock to an
   * owner.
   */
  requireHeld(session: Session, owner: string, action: string): void {
    if (this.recursive) this.#requireOwner(session, owner, action);
    else if (this.#heldBy()?.session !== session) throw this.#notOwner(action);
  }

  status(): LockStatus {
    const holder = this.#heldBy();
    return {
      locked: holder !== null,
      holder: holder?.session.id ?? null,
      depth: this.#depthOf(holder),
      waiters: this.#waiters.length,
    };
  }

  describe(): SyncInfo {
    const holder = this.#heldBy();
    return {
      handle: this.handle,
      kind: this.recursive ? "rlock" : "lock",
      holders: holder ? [holder.session.id] : [],
      waiters: this.#waiters.sessionIds,
      value: this.#depthOf(holder),
      limit: null,
    };
  }

  holders(): Iterable<Party> {
    const holder = this.#heldBy();
    return holder ? [holder] : [];
  }

  holderEnded(session: Session): void {
    this.#claimed(() => {
      if (this.#holder?.session !== session) return;
      this.#ownerDied = true;
      this.#handOver();
    });
  }

  unreferenced(): void {
    this.#claimed(() => {
      if (this.#word) this.#engine.lockWords.free(this.#word);
      this.#word = null;
      this.#letGo();
      this.#waiters.rejectAll(releasedByAll(this.handle));
    });
  }

  /**
   * Runs the action while no client can change the word. Afterwards the word is open again if no session waits, no
   * holder is to be told of a death, and the holder can be named in it.
   */
  #claimed<T>(action: () => T): T {
    if (this.#open) {
      this.#open = false;
      this.#adopt(this.#word!.claim());
    }
    this.#claims++;
    try {
      return action();
    } finally {
      if (--this.#claims === 0) this.#publish();
    }
  }

  #adopt(party: number): void {
    this.#letGo();
    if (party === 0) return;
    const holder = this.#named(party);
    if (holder) {
      this.#holder = holder;
      holder.session.holdings.add(this);
    } else {
      // A process took it after its session had ended, and died.
      this.#ownerDied = true;
    }
  }

  #publish(): void {
    const word = this.#word;
    if (!word) return;
    const holder = this.#holder;
    const party = holder?.party ?? 0;
    this.#open = this.#waiters.length === 0 && !this.#ownerDied && (!holder || party !== 0);
    if (this.#open) {
      this.#published = { holder, taken: word.taken };
      this.#letGo();
    }
    word.publish(party, !this.#open);
  }

  /** The holder at this moment. */
  #heldBy(): Holder | null {
    return this.#open ? this.#named(this.#word!.party) : this.#holder;
  }

  /**
   * The holder that an open word names; null if it is free, or its session has ended. A session acquires without a
   * message only while it waits for nothing, so all its waits of now are later than that.
   */
  #named(party: number): Holder | null {
    if (party === 0) return null;
    const { holder, taken } = this.#published;
    if (holder?.party === party && !holder.session.ended && this.#word!.taken === taken) return holder;
    const found = this.#engine.lockWords.holderOf(party);
    return found && { ...found, party, since: 0 };
  }

  #isHolder(session: Session, owner: string): boolean {
    const holder = this.#heldBy();
    return holder !== null && holder.session === session && holder.owner === owner;
  }

  #depthOf(holder: Holder | null): number {
    if (!holder) return 0;
    return holder.party === 0 ? this.#depth : this.#word!.depthOf(holder.party) + 1;
  }

  /** The holder acquires it once more, or releases it once. */
  #deepen(by: number): void {
    const { party } = this.#holder!;
    if (party === 0) this.#depth += by;
    else this.#word!.deepen(party, by);
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
    const { lockWords, waitGraph, clock } = this.#engine;
    if (lockWords.isAttached(session)) this.#word ??= lockWords.take(this);
    const party = this.#word ? lockWords.partyOf(session, owner) : 0;
    this.#holder = { session, owner, party, since: waitGraph.stamp(), at: clock.now() };
    if (party === 0) this.#depth = depth;
    else this.#word!.setDepth(party, depth - 1);
    session.holdings.add(this);
    this.#changed();
    return this.#acquired(session, ownerDied);
  }

  #acquired(session: Session, ownerDied: boolean): Acquired {
    const cell = this.#word && this.#engine.lockWords.isAttached(session) ? this.#word.cell : undefined;
    return { acquired: true, ownerDied, ...(cell !== undefined && { cell }) };
  }

  #handOver(): void {
    const party = this.#holder?.party ?? 0;
    if (party !== 0) this.#word!.setDepth(party, 0);
    this.#letGo();
    const next = this.#waiters.shift();
    if (next) next.wait.resolve(this.#take(next.wait.session, next.wait.owner, next.details.depth));
    else this.#changed();
  }

  #letGo(): void {
    this.#holder?.session.holdings.delete(this);
    this.#holder = null;
  }

  #changed(): void {
    this.#engine.events.syncChanged(this, false);
  }

  #requireOwner(session: Session, owner: string, action: string): void {
    if (!this.#isHolder(session, owner)) throw this.#notOwner(action);
  }

  #notOwner(action: string): PolyprocError {
    const { session, owner } = this.#heldBy() ?? {};
    const holder = session ? `${session.id}${owner && ` (${owner})`} holds it` : "it is free";
    return new PolyprocError(
      "NotOwner",
      `only the owner of ${this.handle} may ${action}, but ${holder}: acquire it first`,
    );
  }
}
