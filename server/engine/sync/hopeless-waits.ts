import type { Registry } from "../registry.js";
import type { Session } from "../session.js";
import type { Wait } from "../wait.js";

/** Kinds of objects whose waits end only by an action of a session that can reach the object. */
const kinds: ReadonlySet<string> = new Set(["queue", "event", "condition", "barrier", "semaphore"]);

/** Whether this wait can become hopeless: it has no timeout, and it is for an object without a name. */
export function canBeHopeless({ endless, about }: Wait<unknown>): boolean {
  if (!endless || !about) return false;
  const { handle } = about.object;
  return kinds.has(handle.slice(0, handle.indexOf(":"))) && !handle.includes(":@");
}

/** The waits for each object. */
export function groupByObject(waits: Iterable<Wait<unknown>>): Wait<unknown>[][] {
  const byObject = new Map<string, Wait<unknown>[]>();
  for (const wait of waits) {
    const { handle } = wait.about!.object;
    const group = byObject.get(handle);
    if (group) group.push(wait);
    else byObject.set(handle, [wait]);
  }
  return [...byObject.values()];
}

/**
 * Whether only the sessions that wait for the object can still reach it, and others could: they have ended or released
 * it.
 */
export function isAbandoned(group: readonly Wait<unknown>[], registry: Registry): boolean {
  const [first] = group;
  if (!first || group.some((wait) => wait.settled)) return false;
  // If the holders are known, as those of some semaphores, a holder can end the wait.
  for (const _ of first.resource?.holders() ?? []) return false;
  const { handle } = first.about!.object;
  return registry.wasLeft(handle) && registry.isKnownOnlyTo(handle, sessionsOf(group));
}

export function sessionsOf(group: readonly Wait<unknown>[]): Set<Session> {
  return new Set(group.map(({ session }) => session));
}
