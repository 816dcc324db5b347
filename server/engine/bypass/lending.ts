import { PolyprocError } from "../../../protocol/errors.js";
import type { Kept } from "../kept.js";
import type { Holding, Session } from "../session.js";
import type { Tally } from "./tally.js";

/** One of a session's counters and its value: how many items the session has handed to its program. */
export interface Counter {
  slot: number;
  count: number;
}

/** What lends items: a queue. */
export interface Lender {
  /** The session keeps the first `counted` of these items. The others go back to the front. */
  settled(session: Session, items: readonly Kept[], counted: number): void;
  /** Gives the items that came back to waiting consumers. */
  serve(): void;
}

/** A batch of items on loan. Each item becomes the session's when the session counts it. */
interface Loan {
  readonly queue: Lender;
  readonly items: readonly Kept[];
  /** Value of the counter when the batch was lent. */
  readonly from: number;
}

/** Each caller gets its own range of counters, so two copies of the binding in one process do not collide. */
const rangeSlots = 126;

/** Most items that one counter can have on loan. */
export const maxLent = 256;

/**
 * The items that a session has borrowed from queues, at most one batch for each counter. The server keeps an item until
 * the session has counted it. To count is a store into shared memory, not a message. When the session ends, the items
 * that it has not counted go back to their queue.
 */
export class Lending implements Holding {
  static readonly #bySession = new WeakMap<Session, Lending>();
  readonly #session: Session;
  readonly #tally: Tally;
  #given = 0;
  /** By slot. The map's order is the order of lending: `lend` moves its slot to the end. */
  readonly #loans = new Map<number, Loan>();

  /** The session's loans, created together with its tally on first use. Null if the session cannot borrow. */
  static of(session: Session, openTally: () => Tally | null): Lending | null {
    const existing = Lending.find(session);
    if (existing) return existing;
    // Lent items do not carry their origin. A session with `blobs: "own"` needs it, so that session cannot borrow.
    const tally = session.ended || session.blobs === "own" ? null : openTally();
    if (!tally) return null;
    const lending = new Lending(session, tally);
    Lending.#bySession.set(session, lending);
    session.holdings.add(lending);
    return lending;
  }

  /** The session's, if it has asked for counters. */
  static find(session: Session): Lending | undefined {
    return Lending.#bySession.get(session);
  }

  private constructor(session: Session, tally: Tally) {
    this.#session = session;
    this.#tally = tally;
  }

  /** Gives out the next range of counters; null if all have been given out. */
  give(): { path: string; mark: string; first: number; slots: number } | null {
    const { path, mark, slots } = this.#tally;
    const first = this.#given;
    this.#given = Math.min(first + rangeSlots, slots);
    return this.#given > first ? { path, mark, first, slots: this.#given - first } : null;
  }

  /** Lends a batch. The counter has no other loan: the caller has settled it. */
  lend({ slot, count }: Counter, queue: Lender, items: readonly Kept[]): void {
    this.#loans.delete(slot);
    this.#loans.set(slot, { queue, items, from: count });
  }

  /** Ends the loans of these counters: counted items belong to the session, the others go back to their queues. */
  settle(counters: readonly Counter[]): void {
    for (const { slot } of counters) this.#require(slot);
    const counts = new Map(counters.map(({ slot, count }) => [slot, count]));
    this.#settle(
      [...this.#loans].filter(([slot]) => counts.has(slot)),
      (slot) => counts.get(slot)!,
    );
  }

  holderEnded(): void {
    this.#settle([...this.#loans], (slot) => this.#tally.read(slot));
    this.#tally.close();
  }

  #settle(loans: readonly (readonly [slot: number, loan: Loan])[], countOf: (slot: number) => number): void {
    const queues = new Set<Lender>();
    // Newest loan first. Each returns its items to the front of the queue, so the oldest items end up foremost.
    for (const [slot, { queue, items, from }] of loans.toReversed()) {
      this.#loans.delete(slot);
      // The session writes the counter, so its value is not trusted: it can be lower than `from`, or exceed the loan.
      const counted = Math.min(Math.max(countOf(slot) - from, 0), items.length);
      queue.settled(this.#session, items, counted);
      queues.add(queue);
    }
    for (const queue of queues) queue.serve();
  }

  #require(slot: number): void {
    if (slot < this.#given) return;
    const owned = this.#given === 0 ? "none" : `counters 0 to ${this.#given - 1}`;
    throw new PolyprocError(
      "BadState",
      `counter ${slot} is not this session's: it has ${owned}; request more with "queue/tally"`,
    );
  }
}

/** Returns the session's loans. Throws BadState if it has no counters. */
export function lendingOf(session: Session): Lending {
  const lending = Lending.find(session);
  if (lending) return lending;
  throw new PolyprocError("BadState", `this session has no counters: request some with "queue/tally" first`);
}
