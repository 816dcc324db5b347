import { PolyprocError } from "../../../protocol/errors.js";
import type { DeadlockInfo } from "../../../protocol/events.js";
import type { Timer } from "../clock.js";
import { findCycles, isStuck } from "./deadlock-search.js";
import type { WaitGraphDependencies } from "./dependencies.js";
import { objectName } from "../../../protocol/describe-wait.js";
import { canBeHopeless, groupByObject, isAbandoned, sessionsOf } from "./hopeless-waits.js";
import type { Wait } from "../wait.js";

/** Only waits that have lasted this long are searched: most waits end before. */
const settleMs = 100;
/** How often reported deadlocks are checked again: any session may release a Lock, which resolves the deadlock. */
const recheckMs = 250;
/** A wait is reported as hopeless when it was so for this long: a program may start the next process in this time. */
const hopelessMs = 1000;

interface Deadlock {
  readonly info: DeadlockInfo;
  /** Each wait's resource is held by the party of the next wait. Or: waits for one object that no session ends. */
  readonly cycle: readonly Wait<unknown>[];
  readonly exists: () => boolean;
}

/**
 * The wait graph: which party waits for which holder. It keeps the waits without timeout. A timer searches them for
 * cycles some time after a wait began, so acquire and release stay cheap.
 */
export class WaitGraph {
  readonly #engine: WaitGraphDependencies;
  /** Waits without timeout, in the order in which they began. */
  readonly #waits = new Set<Wait<unknown>>();
  /** Waits that become hopeless when all sessions that can end them are gone. */
  readonly #dependent = new Set<Wait<unknown>>();
  /** Those that were hopeless at the last look. */
  #suspects: ReadonlySet<Wait<unknown>> = new Set();
  #hopelessTimer: Timer | null = null;
  readonly #deadlocks = new Map<string, Deadlock>();
  readonly #stuck = new Map<Wait<unknown>, Deadlock>();
  #timer: Timer | null = null;
  /** Stamp of the latest wait in the last search. Only a later wait can close a new cycle. */
  #searchedUpTo = 0;
  #lastStamp = 0;
  #nextId = 1;

  constructor(engine: WaitGraphDependencies) {
    this.#engine = engine;
  }

  /** The next number in the common order of waits and acquisitions. */
  stamp(): number {
    return ++this.#lastStamp;
  }

  waitBegan(wait: Wait<unknown>): void {
    if (!wait.endless) return;
    if (wait.resource) {
      this.#waits.add(wait);
      this.#arm(settleMs);
    }
    if (!canBeHopeless(wait)) return;
    this.#dependent.add(wait);
    if (this.#engine.registry.wasLeft(wait.about!.object.handle)) this.#armHopeless();
  }

  waitEnded(wait: Wait<unknown>): void {
    const pool = wait.session.process?.pool;
    if (pool) this.#engine.runs.waitEnded(pool, wait);
    if (!wait.endless) return;
    this.#waits.delete(wait);
    this.#dependent.delete(wait);
    const deadlock = this.#stuck.get(wait);
    if (deadlock) this.#resolved(deadlock);
  }

  /** A session or a process has ended. Waits that only it could end are hopeless now. */
  partyGone(): void {
    if (this.#dependent.size > 0) this.#armHopeless();
  }

  /** The deadlock that the wait is part of. */
  deadlockOf(wait: Wait<unknown>): string | null {
    return this.#stuck.get(wait)?.info.deadlock ?? null;
  }

  /** The deadlocks that were found and still exist. */
  list(): DeadlockInfo[] {
    return [...this.#deadlocks.values()].map((deadlock) => deadlock.info);
  }

  /** Breaks a deadlock: fails one wait of the cycle, that of `session` or else the one that began last. */
  break(id: string, session?: string): { session: string; waitsFor: string } {
    const deadlock = this.#deadlocks.get(id);
    if (!deadlock)
      throw new PolyprocError(
        "BadState",
        `there is no deadlock ${JSON.stringify(id)}: it may be resolved; see "deadlock/list"`,
      );
    const candidates =
      session === undefined ? deadlock.cycle : deadlock.cycle.filter((wait) => wait.session.id === session);
    const [first, ...rest] = candidates;
    if (!first) {
      const parties = deadlock.info.cycle.map((party) => party.session).join(", ");
      throw new PolyprocError("BadState", `${session} is not part of deadlock ${id}; its sessions are ${parties}`);
    }
    const victim = rest.reduce((latest, wait) => (wait.stamp > latest.stamp ? wait : latest), first);
    const waitsFor = handleOf(victim);
    const { reason } = deadlock.info;
    victim.cancel(
      new PolyprocError(
        "Deadlock",
        reason === undefined
          ? `this wait for ${waitsFor} was ended to break a deadlock; release what you hold and try again`
          : `this wait for ${waitsFor} was ended, because nothing could end it: ${reason}`,
        { deadlock: id },
      ),
    );
    return { session: victim.session.id, waitsFor };
  }

  #arm(delayMs: number): void {
    if (this.#timer) return;
    this.#timer = this.#engine.guard.after(delayMs, null, () => {
      this.#timer = null;
      this.#look();
    });
  }

  #look(): void {
    for (const deadlock of this.#deadlocks.values()) if (!deadlock.exists()) this.#resolved(deadlock);
    const old: Wait<unknown>[] = [];
    const before = this.#engine.clock.now() - settleMs;
    let young: Wait<unknown> | undefined;
    for (const wait of this.#waits) {
      if (wait.since > before) {
        young = wait;
        break;
      }
      old.push(wait);
    }
    const latest = old.at(-1)?.stamp ?? 0;
    if (latest > this.#searchedUpTo) {
      this.#searchedUpTo = latest;
      for (const cycle of findCycles(old))
        if (!cycle.some((wait) => this.#stuck.has(wait))) this.#found(cycle, () => isStuck(cycle));
    }
    if (young) this.#arm(Math.max(young.since - before, settleMs / 4));
    else if (this.#deadlocks.size > 0) this.#arm(recheckMs);
  }

  #armHopeless(): void {
    if (this.#hopelessTimer) return;
    this.#hopelessTimer = this.#engine.guard.after(hopelessMs, null, () => {
      this.#hopelessTimer = null;
      this.#lookForHopeless();
    });
  }

  /** Reports waits that are hopeless at two looks in a row. */
  #lookForHopeless(): void {
    const { registry } = this.#engine;
    const suspects = new Set<Wait<unknown>>();
    let again = false;
    for (const group of groupByObject([...this.#dependent].filter((wait) => !this.#stuck.has(wait)))) {
      if (!isAbandoned(group, registry)) continue;
      if (!this.#hasCompany(group)) {
        if (group.every((wait) => this.#suspects.has(wait))) {
          const exists = () => isAbandoned(group, registry) && !this.#hasCompany(group);
          this.#found(group, exists, hopelessReason(group));
          continue;
        }
        for (const wait of group) suspects.add(wait);
      }
      again = true;
    }
    this.#suspects = suspects;
    if (again) this.#armHopeless();
  }

  /** Whether one of these sessions has a pool or a child to which it could give the object. */
  #hasCompany(group: readonly Wait<unknown>[]): boolean {
    const sessions = sessionsOf(group);
    for (const { children } of sessions) if (children.size > 0) return true;
    for (const { session } of this.#engine.livePools) if (sessions.has(session)) return true;
    return false;
  }

  #found(cycle: readonly Wait<unknown>[], exists: () => boolean, reason?: string): void {
    const info = describe(`d${this.#nextId++}`, cycle, this.#engine.clock.wallTime(), reason);
    const deadlock: Deadlock = { info, cycle, exists };
    this.#deadlocks.set(info.deadlock, deadlock);
    for (const wait of cycle) this.#stuck.set(wait, deadlock);
    this.#engine.events.publishDeadlock(info, false);
    this.#arm(recheckMs);
  }

  #resolved(deadlock: Deadlock): void {
    this.#deadlocks.delete(deadlock.info.deadlock);
    for (const wait of deadlock.cycle) this.#stuck.delete(wait);
    this.#engine.events.publishDeadlock(deadlock.info, true);
    // A second cycle may contain the same waits, and was not reported because of the first. Search all waits again.
    this.#searchedUpTo = 0;
    this.#arm(settleMs);
    this.partyGone();
  }
}

function describe(
  id: string,
  cycle: readonly Wait<unknown>[],
  detectedAt: number,
  reason: string | undefined,
): DeadlockInfo {
  return {
    deadlock: id,
    detectedAt,
    cycle: cycle.map((wait, i) => ({
      session: wait.session.id,
      owner: wait.owner,
      pid: wait.session.process?.pid ?? null,
      name: wait.session.process?.name ?? `client ${wait.session.id}`,
      waitsFor: handleOf(wait),
      // The resource that the previous party in the cycle waits for.
      holds: reason === undefined ? [handleOf(cycle.at(i - 1)!)] : [],
    })),
    ...(reason === undefined ? {} : { reason }),
  };
}

function handleOf({ resource, about }: Wait<unknown>): string {
  return resource?.handle ?? about?.object.handle ?? "";
}

function hopelessReason(group: readonly Wait<unknown>[]): string {
  const object = objectName(group[0]!.about!.object.handle);
  const who = new Set(group.map(({ session }) => session)).size === 1 ? "this one waits" : "these wait";
  return `every other process that could use ${object} has ended or released it, and ${who}`;
}
