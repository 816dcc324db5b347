import { PolyprocError } from "../../../protocol/errors.js";
import { isNamed, releasedByAll, type SharedObject } from "../registry.js";
import type { Holding, Session } from "../session.js";
import { Wait } from "../wait.js";
import type { SyncDependencies } from "./dependencies.js";
import type { Acquired } from "./lock.js";
import type { Grant, PermitLine, PermitListener, PermitPlace } from "./permit-link.js";

/** A permit that a session of this server holds, and keeps by a lease. */
interface Held {
  readonly session: Session;
  readonly owner: string;
  readonly place: PermitPlace;
}

/** Milliseconds in which the store must answer a request that does not wait. */
const answerMs = 10_000;

/** Names the leases of processes; see `OwnProcess.killIn`. */
let nextLease = 1;

/**
 * The part of a cluster's lock or semaphore that is on this server: which sessions wait for a permit or hold one. A
 * holder whose lease may lapse is ended before another host gets its permit.
 */
export class ClusterPermits implements Holding {
  readonly #engine: SyncDependencies;
  readonly #object: SharedObject;
  readonly #hostname: string;
  readonly #line: PermitLine;
  readonly #waits = new Set<Wait<Acquired>>();
  readonly #held = new Set<Held>();

  constructor(engine: SyncDependencies, object: SharedObject, hostname: string, line: PermitLine) {
    this.#engine = engine;
    this.#object = object;
    this.#hostname = hostname;
    this.#line = line;
  }

  acquire(session: Session, owner: string, timeoutMs: number | null | undefined): Wait<Acquired> {
    const waits = timeoutMs !== 0;
    const wait = new Wait<Acquired>(session, {
      owner,
      timeoutMs: waits ? timeoutMs : answerMs,
      about: { object: this.#object, reason: "held" },
      onTimeout: () => {
        if (waits) return { acquired: false, ownerDied: false };
        throw new PolyprocError("ClusterUnavailable", `the store did not answer within ${answerMs / 1000} s`);
      },
      onLeave: () => {
        this.#waits.delete(wait);
        this.#forget(place.leave(false));
        this.#changed();
      },
    });
    this.#waits.add(wait);
    const place: PermitPlace = this.#line.acquire(
      `${this.#hostname}:${session.describeSession().pid ?? session.id}`,
      waits,
      this.#listener(session, wait, () => place),
    );
    this.#changed();
    return wait;
  }

  /** Gives back `n` permits of this session, those of this owner first. Fails with NotOwner if it holds fewer. */
  async release(session: Session, owner: string, n: number): Promise<null> {
    const own = [...this.#held].filter((held) => held.session === session);
    if (own.length < n)
      throw new PolyprocError(
        "NotOwner",
        `this process holds ${own.length} of ${this.#object.handle}, so it cannot release ${n}: in a cluster only ` +
          "the process that acquired it may release it",
      );
    const given = own.toSorted((a, b) => Number(b.owner === owner) - Number(a.owner === owner)).slice(0, n);
    const left = given.map((held) => this.#giveBack(held, false));
    this.#changed();
    await Promise.all(left);
    return null;
  }

  async status(): Promise<{ permits: number; holders: string[]; waiters: number }> {
    return this.#line.status();
  }

  /** Sessions of this server. */
  describe(): { holders: string[]; waiters: string[] } {
    return {
      holders: Array.from(this.#held, ({ session }) => session.id),
      waiters: Array.from(this.#waits, ({ session }) => session.id),
    };
  }

  holderEnded(session: Session): void {
    for (const held of [...this.#held]) {
      if (held.session !== session) continue;
      if (session.outlivesServer) this.#lapse(held);
      else this.#forget(this.#giveBack(held, true));
    }
    this.#changed();
  }

  unreferenced(): void {
    for (const held of [...this.#held]) this.#forget(this.#giveBack(held, false));
    for (const wait of [...this.#waits]) wait.cancel(releasedByAll(this.#object.handle));
    this.#line.close();
  }

  #listener(session: Session, wait: Wait<Acquired>, place: () => PermitPlace): PermitListener {
    const lease = `permit ${nextLease++}`;
    let held: Held | null = null;
    const settled = (settle: () => void) =>
      this.#engine.guard.run(session, () => {
        this.#waits.delete(wait);
        settle();
        this.#changed();
      });
    return {
      granted: ({ fence, ownerDied }: Grant) =>
        settled(() => {
          held = { session, owner: wait.owner, place: leased(place(), session, lease) };
          this.#held.add(held);
          session.holdings.add(this);
          wait.resolve({ acquired: true, ownerDied, fence });
        }),
      refused: () => settled(() => wait.resolve({ acquired: false, ownerDied: false })),
      failed: (error) => settled(() => wait.reject(error)),
      goodFor: (ms) => this.#engine.guard.run(session, () => session.process?.killIn(lease, ms)),
      lapsing: () => this.#engine.guard.run(session, () => this.#lapsing(held, lease)),
    };
  }

  /** The lease stays with the process until the process is gone: the watchdog kills it if this server cannot. */
  #lapsing(held: Held | null, lease: string): void {
    if (!held || !this.#held.delete(held)) return;
    const { session } = held;
    this.#letGo(session);
    this.#changed();
    if (session.process) {
      // So that its exit is known to be that of a process without a lease.
      session.process.killIn(lease, 0);
      session.process.kill();
    } else
      session.endAfterFault(
        new PolyprocError(
          "ClusterUnavailable",
          `the lease of ${this.#object.handle} could not be renewed, and another host may get it: this session ends`,
        ),
      );
  }

  #giveBack(held: Held, died: boolean): Promise<void> {
    this.#held.delete(held);
    this.#letGo(held.session);
    return held.place.leave(died);
  }

  #lapse(held: Held): void {
    this.#held.delete(held);
    this.#letGo(held.session);
    held.place.lapse();
  }

  #letGo(session: Session): void {
    if (![...this.#held].some((other) => other.session === session)) session.holdings.delete(this);
  }

  /** For permits whose holder does not wait for the answer. */
  #forget(left: Promise<void>): void {
    left.catch(() => {});
  }

  #changed(): void {
    this.#engine.events.syncChanged(this.#object, false);
  }
}

function leased(place: PermitPlace, session: Session, lease: string): PermitPlace {
  return {
    leave: (died) => {
      session.process?.killIn(lease, null);
      return place.leave(died);
    },
    lapse: () => place.lapse(),
  };
}

/** The name in a handle. Throws unless an object of a cluster may have this handle. */
export function nameInCluster(handle: string, existing: { cluster: string | null } | undefined, shown: string): string {
  if (!isNamed(handle))
    throw new PolyprocError("InvalidParams", `${handle} has no name: in a cluster, processes share it by its name`);
  requireCluster(handle, existing, shown);
  return handle.slice(handle.indexOf(":@") + 2);
}

/** One name means one object of this server. */
export function requireCluster(
  handle: string,
  existing: { cluster: string | null } | undefined,
  shown: string | null,
): void {
  if (!existing || existing.cluster === shown) return;
  throw new PolyprocError(
    "BadState",
    `${handle} exists on this server, ${existing.cluster === null ? "in no cluster" : `in ${existing.cluster}`}: ` +
      "choose another name",
  );
}

/** The object if it is of this class. */
export function existingOf<T extends SharedObject>(
  object: SharedObject | undefined,
  type: abstract new (...args: never[]) => T,
): T | undefined {
  return object instanceof type ? object : undefined;
}
