import { PolyprocError } from "../../../protocol/errors.js";
import type { DeadlockInfo } from "../../../protocol/events.js";
import type { Timer } from "../clock.js";
import { findCycles, isStuck } from "./deadlock-search.js";
import type { WaitGraphDependencies } from "./dependencies.js";
import type { Wait } from "../wait.js";

/** Only waits that have lasted this long are searched: most waits end before. */
const settleMs = 100;
/** How often reported deadlocks are checked again: any session may release a Lock, which resolves the deadlock. */
const recheckMs = 250;

interface Deadlock {
  readonly info: DeadlockInfo;
  /** Each wait's resource is held by the party of the next wait. */
  readonly cycle: readonly Wait<unknown>[];
}

/**
 * The wait graph: which party waits for which holder. It keeps the waits without timeout. A timer searches them for
 * cycles some time after a wait began, so acquire and release stay cheap.
 */
export class WaitGraph {
  readonly #engine: WaitGraphDependencies;
  /** Waits without timeout, in the order in which they began. */
  readonly #waits = new Set<Wait<unknown>>();
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
    this.#waits.add(wait);
    this.#arm(settleMs);
  }

  waitEnded(wait: Wait<unknown>): void {
    if (!wait.endless) return;
    this.#waits.delete(wait);
    const deadlock = this.#stuck.get(wait);
    if (deadlock) this.#resolved(deadlock);
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
    const waitsFor = victim.resource?.handle ?? "";
    victim.cancel(
      new PolyprocError(
        "Deadlock",
        `this wait for ${waitsFor} was ended to break a deadlock; release what you hold and try again`,
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
    for (const deadlock of this.#deadlocks.values()) if (!isStuck(deadlock.cycle)) this.#resolved(deadlock);
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
      for (const cycle of findCycles(old)) if (!cycle.some((wait) => this.#stuck.has(wait))) this.#found(cycle);
    }
    if (young) this.#arm(Math.max(young.since - before, settleMs / 4));
    else if (this.#deadlocks.size > 0) this.#arm(recheckMs);
  }

  #found(cycle: readonly Wait<unknown>[]): void {
    const info = describe(`d${this.#nextId++}`, cycle, this.#engine.clock.wallTime());
    const deadlock: Deadlock = { info, cycle };
    this.#deadlocks.set(info.deadlock, deadlock);
    for (const wait of cycle) this.#stuck.set(wait, deadlock);
    this.#engine.events.publishDeadlock(info, false);
  }

  #resolved(deadlock: Deadlock): void {
    this.#deadlocks.delete(deadlock.info.deadlock);
    for (const wait of deadlock.cycle) this.#stuck.delete(wait);
    this.#engine.events.publishDeadlock(deadlock.info, true);
    // A second cycle may contain the same waits, and was not reported because of the first. Search all waits again.
    this.#searchedUpTo = 0;
    this.#arm(settleMs);
  }
}

function describe(id: string, cycle: readonly Wait<unknown>[], detectedAt: number): DeadlockInfo {
  return {
    deadlock: id,
    detectedAt,
    cycle: cycle.map(({ session, owner, resource }, i) => ({
      session: session.id,
      owner,
      pid: session.process?.pid ?? null,
      name: session.process?.name ?? `client ${session.id}`,
      waitsFor: resource?.handle ?? "",
      // The resource that the previous party in the cycle waits for.
      holds: [cycle.at(i - 1)?.resource?.handle ?? ""],
    })),
  };
}
