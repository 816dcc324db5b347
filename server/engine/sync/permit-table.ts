import type { Session } from "../session.js";
import type { Party } from "../wait.js";

interface Permits {
  count: number;
  /** Stamp of the last one taken. */
  since: number;
}

/** Which session, and which of its owners, holds how many permits of a semaphore. */
export class PermitTable {
  readonly #bySession = new Map<Session, Map<string, Permits>>();

  has(session: Session): boolean {
    return this.#bySession.has(session);
  }

  sessions(): Iterable<Session> {
    return this.#bySession.keys();
  }

  *parties(): Iterable<Party> {
    for (const [session, owners] of this.#bySession) {
      for (const [owner, { since }] of owners) yield { session, owner, since };
    }
  }

  give(session: Session, owner: string, stamp: number): void {
    let owners = this.#bySession.get(session);
    if (!owners) this.#bySession.set(session, (owners = new Map()));
    const held = owners.get(owner);
    if (held) {
      held.count++;
      held.since = stamp;
    } else owners.set(owner, { count: 1, since: stamp });
  }

  /** Takes `n` permits from the session, the owner's own first. False, with nothing changed, when it has fewer. */
  take(session: Session, owner: string, n: number): boolean {
    const owners = this.#bySession.get(session);
    if (!owners) return false;
    let left = n;
    for (const { count } of owners.values()) left -= count;
    if (left > 0) return false;
    left = n - takeFrom(owners, owner, n);
    for (const other of owners.keys()) {
      if (left === 0) break;
      left -= takeFrom(owners, other, left);
    }
    if (owners.size === 0) this.#bySession.delete(session);
    return true;
  }

  /** Forgets the session; returns how many it had. */
  drop(session: Session): number {
    let held = 0;
    for (const { count } of this.#bySession.get(session)?.values() ?? []) held += count;
    this.#bySession.delete(session);
    return held;
  }
}

function takeFrom(owners: Map<string, Permits>, owner: string, n: number): number {
  const held = owners.get(owner);
  if (!held) return 0;
  const taken = Math.min(n, held.count);
  held.count -= taken;
  if (held.count === 0) owners.delete(owner);
  return taken;
}
