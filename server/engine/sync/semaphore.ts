import { PolyprocError } from "../../../protocol/errors.js";
import type { SyncInfo } from "../../../protocol/events.js";
import type { Handle } from "../../../protocol/schema.js";
import type { SyncDependencies } from "./dependencies.js";
import type { Acquired } from "./lock.js";
import { PermitTable } from "./permit-table.js";
import { releasedByAll, type SharedObject } from "../registry.js";
import type { Holding, Session } from "../session.js";
import type { Party, Wait, Waitable } from "../wait.js";
import { WaitLine } from "../wait-line.js";

export interface SemaphoreStatus {
  value: number;
  waiters: number;
  holders: string[];
}

/** A semaphore of this server or of a cluster. */
export abstract class SemaphoreObject implements SharedObject {
  abstract readonly handle: Handle;
  /** Address of the cluster, without its password. Null: it is of this server. */
  abstract readonly cluster: string | null;
  abstract acquire(session: Session, owner: string, timeoutMs: number | null | undefined): Acquired | Wait<Acquired>;
  abstract release(session: Session, owner: string, n: number): null | Promise<null>;
  abstract status(): SemaphoreStatus | Promise<SemaphoreStatus>;
  abstract unreferenced(): void;
  abstract describe(): SyncInfo;
}

/**
 * Semaphore and BoundedSemaphore. A released permit goes to the waiter that has waited longest, so there are no waiters
 * while a permit is free. If a session dies, its permits are released, as long as every earlier release came from a
 * session that held permits.
 */
export class Semaphore extends SemaphoreObject implements Waitable, Holding {
  readonly handle: Handle;
  readonly cluster = null;
  readonly bounded: boolean;
  readonly #engine: SyncDependencies;
  readonly #initial: number;
  readonly #waiters = new WaitLine<Acquired>(() => this.#changed(), { object: this, reason: "held" });
  #value: number;
  /**
   * The holders. Null after a session has released more than it held: from then on the semaphore is used as a signal
   * between sessions, and it is not known which session holds what.
   */
  #permits: PermitTable | null = new PermitTable();
  #ownerDied = false;

  constructor(engine: SyncDependencies, handle: Handle, value: number, bounded: boolean) {
    super();
    this.#engine = engine;
    this.handle = handle;
    this.#initial = value;
    this.#value = value;
    this.bounded = bounded;
  }

  acquire(session: Session, owner: string, timeoutMs: number | null | undefined): Acquired | Wait<Acquired> {
    if (this.#value > 0) {
      this.#value--;
      return this.#take(session, owner);
    }
    if (timeoutMs === 0) return { acquired: false, ownerDied: false };
    const { wait } = this.#waiters.add(session, null, {
      owner,
      timeoutMs,
      resource: this,
      onTimeout: () => ({ acquired: false, ownerDied: false }),
    });
    this.#changed();
    return wait;
  }

  release(session: Session, owner: string, n: number): null {
    if (this.#value + n > (this.bounded ? this.#initial : Number.MAX_SAFE_INTEGER)) {
      throw new PolyprocError(
        "BadState",
        this.bounded
          ? `cannot release ${n} permits of ${this.handle}: ${this.#value + n} would be free, ` +
              `and it has ${this.#initial}; release once for each acquire`
          : `cannot release ${n} permits of ${this.handle}: ${this.#value + n} are more than it can count`,
      );
    }
    if (this.#permits) {
      if (this.#permits.take(session, owner, n)) {
        if (!this.#permits.has(session)) session.holdings.delete(this);
      } else {
        for (const holder of this.#permits.sessions()) holder.holdings.delete(this);
        this.#permits = null;
      }
    }
    this.#free(n);
    return null;
  }

  status(): SemaphoreStatus {
    return { value: this.#value, waiters: this.#waiters.length, holders: this.#holderIds() };
  }

  describe(): SyncInfo {
    return {
      handle: this.handle,
      kind: "semaphore",
      holders: this.#holderIds(),
      waiters: this.#waiters.sessionIds,
      value: this.#value,
      limit: null,
    };
  }

  holders(): Iterable<Party> {
    return this.#permits?.parties() ?? [];
  }

  holderEnded(session: Session, died: boolean): void {
    const permits = this.#permits?.drop(session) ?? 0;
    if (!died || permits === 0) return;
    this.#ownerDied = true;
    this.#free(permits);
  }

  unreferenced(): void {
    for (const session of this.#permits?.sessions() ?? []) session.holdings.delete(this);
    this.#permits = null;
    this.#waiters.rejectAll(releasedByAll(this.handle));
  }

  #take(session: Session, owner: string): Acquired {
    const ownerDied = this.#ownerDied;
    this.#ownerDied = false;
    if (this.#permits) {
      this.#permits.give(session, owner, this.#engine.waitGraph.stamp(), this.#engine.clock.now());
      session.holdings.add(this);
    }
    this.#changed();
    return { acquired: true, ownerDied };
  }

  #free(n: number): void {
    this.#value += n;
    while (this.#value > 0) {
      const waiter = this.#waiters.shift();
      if (!waiter) break;
      const { wait } = waiter;
      this.#value--;
      wait.resolve(this.#take(wait.session, wait.owner));
    }
    this.#changed();
  }

  #changed(): void {
    this.#engine.events.syncChanged(this, false);
  }

  #holderIds(): string[] {
    return Array.from(this.#permits?.sessions() ?? [], (session) => session.id);
  }
}
