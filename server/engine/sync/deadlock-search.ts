import type { Party, Wait } from "../wait.js";

/**
 * Finds the cycles among these waits. In a cycle, every party waits for a resource that the next party holds, and no
 * party outside the cycle can end a wait. A wait is stuck when all holders of its resource are stuck.
 */
export function findCycles(waits: readonly Wait<unknown>[]): Wait<unknown>[][] {
  const stuck = stuckWaits(waits);
  const byParty = groupByParty(stuck);
  const cycles: Wait<unknown>[][] = [];
  const walkOf = new Map<Wait<unknown>, number>();
  let walk = 0;
  for (const start of stuck) {
    walk++;
    let wait: Wait<unknown> | undefined = start;
    const path: Wait<unknown>[] = [];
    while (wait && !walkOf.has(wait)) {
      walkOf.set(wait, walk);
      path.push(wait);
      wait = next(wait, byParty);
    }
    // The walk has returned to its own path: a cycle. Or it met an earlier walk, which reported that cycle.
    if (wait && walkOf.get(wait) === walk) cycles.push(path.slice(path.indexOf(wait)));
  }
  return cycles;
}

/** Whether a cycle that was found still exists. */
export function isStuck(cycle: readonly Wait<unknown>[]): boolean {
  return cycle.every((wait, i) => {
    const following = cycle[(i + 1) % cycle.length];
    if (!following || wait.settled || !wait.resource) return false;
    for (const holder of wait.resource.holders()) if (isBlockedBy(holder, following)) return true;
    return false;
  });
}

/** The largest set of waits such that each holder of each wait's resource is itself blocked by a wait of the set. */
function stuckWaits(waits: readonly Wait<unknown>[]): Set<Wait<unknown>> {
  const stuck = new Set(waits);
  const byParty = groupByParty(waits);
  const dependents = new Map<string, Wait<unknown>[]>();
  const free: Wait<unknown>[] = [];
  for (const wait of waits) {
    for (const holder of wait.resource?.holders() ?? []) add(dependents, partyKey(holder), wait);
    if (!allBlocked(wait, byParty, stuck)) free.push(wait);
  }
  for (let wait = free.pop(); wait; wait = free.pop()) {
    if (!stuck.delete(wait)) continue;
    for (const other of dependents.get(partyKey(wait)) ?? []) {
      if (stuck.has(other) && !allBlocked(other, byParty, stuck)) free.push(other);
    }
  }
  return stuck;
}

function allBlocked(
  wait: Wait<unknown>,
  byParty: ReadonlyMap<string, readonly Wait<unknown>[]>,
  stuck: ReadonlySet<Wait<unknown>>,
): boolean {
  let held = false;
  for (const holder of wait.resource?.holders() ?? []) {
    held = true;
    if (waitsForItself(wait, holder)) return false;
    if (!byParty.get(partyKey(holder))?.some((other) => stuck.has(other) && isBlockedBy(holder, other))) return false;
  }
  return held;
}

function next(wait: Wait<unknown>, byParty: ReadonlyMap<string, readonly Wait<unknown>[]>): Wait<unknown> | undefined {
  for (const holder of wait.resource?.holders() ?? []) {
    const blocking = byParty.get(partyKey(holder))?.find((other) => isBlockedBy(holder, other));
    if (blocking) return blocking;
  }
  return undefined;
}

/** A party that acquired something after its wait had begun is not blocked by that wait: it runs beside it. */
function isBlockedBy(holder: Party, wait: Wait<unknown>): boolean {
  return holder.session === wait.session && holder.owner === wait.owner && wait.stamp > (holder.since ?? 0);
}

/** A session that names no owners runs its requests side by side, so one of them waiting for another is no deadlock. */
function waitsForItself(wait: Wait<unknown>, holder: Party): boolean {
  return holder.owner === "" && wait.owner === "" && holder.session === wait.session;
}

function groupByParty(waits: Iterable<Wait<unknown>>): Map<string, Wait<unknown>[]> {
  const groups = new Map<string, Wait<unknown>[]>();
  for (const wait of waits) add(groups, partyKey(wait), wait);
  return groups;
}

function add(groups: Map<string, Wait<unknown>[]>, key: string, wait: Wait<unknown>): void {
  const group = groups.get(key);
  if (group) group.push(wait);
  else groups.set(key, [wait]);
}

function partyKey(party: { session: { id: string }; owner: string }): string {
  return `${party.session.id} ${party.owner}`;
}
