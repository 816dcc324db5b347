import { PolyprocError } from "../../../protocol/errors.js";
import type { Kept } from "../kept.js";
import type { Queue } from "../streams/queue.js";
import type { Holding, Session } from "../session.js";
import type { Tally } from "./tally.js";

/** One of a session's counters, and how far it has been counted. */
export interface Counter {
  slot: number;
  count: number;
}

/** Items that are a session's one by one, as it counts them. */
interface Loan {
  readonly queue: Queue;
  readonly items: readonly Kept[];
  /** Where the counter stood before the first of them. */
  readonly from: number;
}

/** Counters are given out in parts, so that several parts of one process need not know of each other. */
const partSlots = 126;

/** Items on loan, at most, by one counter. */
export const maxLent = 256;

/**
 * What a session has been lent. An item stays in the server's hands until the session has counted it, which takes a store into memory and no
 * message; what it has not counted when it ends goes back to its queue. At most one batch for each counter.
 */
export class Lending implements Holding {
  readonly #session: Session;
  readonly #tally: Tally;
  #given = 0;
  /** By slot, in the order in which they were lent. */
  readonly #loans = new Map<number, Loan>();

  /** The session's; made, with its tally, when it asks for its first counters. Null where there is no such memory. */
  static of(session: Session): Lending | null {
    if (session.lending) return session.lending;
    // Of what is lent the session is not told whose it is.
    const tally = session.ended || session.blobs === "own" ? null : session.engine.options.openTally();
    if (!tally) return null;
    session.lending = new Lending(session, tally);
    session.holdings.add(session.lending);
    return session.lending;
  }

  private constructor(session: Session, tally: Tally) {
    this.#session = session;
    this.#tally = tally;
  }

  /** Further counters; null when there are none left. */
  give(): { path: string; mark: string; first: number; slots: number } | null {
    const { path, mark, slots } = this.#tally;
    const first = this.#given;
    this.#given = Math.min(first + partSlots, slots);
    return this.#given > first ? { path, mark, first, slots: this.#given - first } : null;
  }

  /** By a counter that was settled. */
  lend({ slot, count }: Counter, queue: Queue, items: readonly Kept[]): void {
    this.#loans.delete(slot);
    this.#loans.set(slot, { queue, items, from: count });
  }

  /** What was lent by these counters is settled: what they do not count goes back. */
  settle(counters: readonly Counter[]): void {
    for (const { slot } of counters) this.#require(slot);
    const counts = new Map(counters.map(({ slot, count }) => [slot, count]));
    this.#settle([...this.#loans].filter(([slot]) => counts.has(slot)), (slot) => counts.get(slot)!);
  }

  holderEnded(): void {
    this.#settle([...this.#loans], (slot) => this.#tally.read(slot));
    this.#tally.close();
  }

  #settle(loans: readonly (readonly [slot: number, loan: Loan])[], countOf: (slot: number) => number): void {
    const queues = new Set<Queue>();
    // Back to the front: what was lent last goes first.
    for (const [slot, { queue, items, from }] of loans.toReversed()) {
      this.#loans.delete(slot);
      // A counter that says less than before, or more than there was, is its owner's mistake.
      const counted = Math.min(Math.max(countOf(slot) - from, 0), items.length);
      queue.settled(this.#session, items, counted);
      queues.add(queue);
    }
    for (const queue of queues) queue.serve();
  }

  #require(slot: number): void {
    if (slot >= this.#given) throw new PolyprocError("BadState", `counter ${slot} is not this session's: it has asked "queue/tally" for ${this.#given === 0 ? "none" : `0 to ${this.#given - 1}`}`);
  }
}

/** For who names a counter. Fails with BadState when the session has none. */
export function lendingOf(session: Session): Lending {
  if (!session.lending) throw new PolyprocError("BadState", `this session has no counters: ask "queue/tally" for some`);
  return session.lending;
}
