import type { Session } from "../session.js";
import type { Party } from "../wait.js";

interface Permits {
  count: number;
  /** Stamp of the last acquisition. */
  since: number;
  /** Time of the last acquisition, on the engine's clock. */
  at: number;
}

/** How many permits of a semaphore each session holds, by owner. */
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
      for (const [owner, { since, at }] of owners) yield { session, owner, since, at };
    }
  }

  give(session: Session, owner: string, stamp: number, at: number): void {
    let owners = this.#bySession.get(session);
    if (!owners) this.#bySession.set(session, (owners = new Map()));
    const held = owners.get(owner);
    if (held) {
      held.count++;
      held.since = stamp;
      held.at = at;
    } else owners.set(owner, { count: 1, since: stamp, at });
  }

  /**
   * Takes `n` permits from the session, those of this owner first. Changes nothing and returns false if it has fewer.
   */
  take(session: Session, owner: string, n: number): boolean {
    const owners = this.#bySession.get(session);
    if (!owners) return false;
    let missing = n;
    for (const { count } of owners.values()) missing -= count;
    if (missing > 0) return false;
    missing = n - takeFrom(owners, owner, n);
    for (const other of owners.keys()) {
      if (missing === 0) break;
      missing -= takeFrom(owners, other, missing);
    }
    if (owners.size === 0) this.#bySession.delete(session);
    return true;
  }

  /** Removes the session. Returns how many permits it had. */
  drop(session: Session): number {
    let held = 0;
    for (const { count } of this.#bySession.get(session)?.values() ?? []) held += count;
    this.#bySession.delete(session);
    return held;
  }
}

/** Takes up to `n` permits from one owner. Returns how many. */
function takeFrom(owners: Map<string, Permits>, owner: string, n: number): number {
  const held = owners.get(owner);
  if (!held) return 0;
  const taken = Math.min(n, held.count);
  held.count -= taken;
  if (held.count === 0) owners.delete(owner);
  return taken;
}
