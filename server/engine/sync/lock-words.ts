import {
  asks,
  cellCount,
  cellLength,
  cellsAt,
  depthFor,
  depthIn,
  depthOf,
  lastSession,
  livingAt,
  livingPlaces,
  orderAt,
  orderMark,
  ownerBits,
  ownerName,
  ownerNumber,
  lastOwner,
  pageVersion,
  partyOf,
  takenIn,
  versionAt,
  wordIn,
} from "../../../protocol/lock-words.js";
import type { Timer } from "../clock.js";
import type { Guard } from "../guard.js";
import type { SharedObject } from "../registry.js";
import type { Holding, Session } from "../session.js";

/** The page in shared memory. `server/os` makes it; tests have a fake. */
export interface WordPage {
  /** Where clients open it. */
  readonly path: string;
  readonly inode: string;
  readonly words: Int32Array;
  close(): void;
}

/** A lock that has a word. */
interface WordLock extends SharedObject, Holding {}

export interface LockWordsDependencies {
  readonly guard: Guard;
  readonly events: { syncChanged(object: SharedObject, gone: boolean): void; readonly followsSync: boolean };
  readonly options: { readonly openWords: () => WordPage | null };
}

/** How often words are compared with the last look, while a subscriber follows locks. */
const lookMs = 250;

/**
 * The page of words, and which sessions use it. A session's number is never given to another session, so a word that a
 * dead process left behind names no living one.
 */
export class LockWords implements Holding {
  readonly #engine: LockWordsDependencies;
  /** Undefined: no session has asked yet. */
  #page: WordPage | null | undefined;
  #lastNumber = 0;
  readonly #numbers = new Map<Session, number>();
  readonly #sessions = new Map<number, Session>();
  readonly #locks = new Map<number, WordLock>();
  readonly #freeCells: number[] = [];
  #usedCells = 0;
  /** The words at the last look. */
  readonly #seen = new Map<number, number>();
  #timer: Timer | null = null;

  constructor(engine: LockWordsDependencies) {
    this.#engine = engine;
  }

  /** Lets a session use words. Null if there are none, or the numbers have run out. A second call is like the first. */
  attach(session: Session): { path: string; inode: string; number: number } | null {
    if (this.#page === undefined) this.#page = this.#open();
    const page = this.#page;
    if (!page || session.ended) return null;
    let number = this.#numbers.get(session);
    if (number === undefined) {
      const found = this.#newNumber();
      if (found === null) return null;
      number = found;
      this.#numbers.set(session, number);
      this.#sessions.set(number, session);
      session.holdings.add(this);
      Atomics.store(page.words, livingIndex(number), number);
    }
    return { path: page.path, inode: page.inode, number };
  }

  isAttached(session: Session): boolean {
    return this.#numbers.has(session);
  }

  /** How a word names this holder; 0 if it cannot. */
  partyOf(session: Session, owner: string): number {
    const number = this.#numbers.get(session);
    if (number === undefined) return 0;
    const ownNumber = ownerNumber(owner);
    return ownNumber === null ? 0 : partyOf(number, ownNumber);
  }

  /** Null: its session has ended. */
  holderOf(party: number): { session: Session; owner: string } | null {
    const session = this.#sessions.get(party >>> ownerBits);
    return session ? { session, owner: ownerName(party & lastOwner) } : null;
  }

  /** A word for the lock, which is the server's until it is published. Null: all cells are in use. */
  take(lock: WordLock): Word | null {
    if (!this.#page) return null;
    const cell = this.#freeCells.pop() ?? (this.#usedCells < cellCount ? this.#usedCells++ : null);
    if (cell === null) return null;
    this.#locks.set(cell, lock);
    this.#watch();
    return new Word(this.#page.words, cell);
  }

  free(word: Word): void {
    word.publish(0, true);
    this.#locks.delete(word.cell);
    this.#seen.delete(word.cell);
    this.#freeCells.push(word.cell);
  }

  /**
   * A session ends. It takes no word from now on: it looks at its entry after each, and the entry is cleared before the
   * words are searched.
   */
  holderEnded(session: Session, died: boolean): void {
    const number = this.#numbers.get(session);
    const words = this.#page?.words;
    if (number === undefined || !words) return;
    Atomics.store(words, livingIndex(number), 0);
    for (const [cell, lock] of this.#locks) {
      const party = Atomics.load(words, cellsAt + cell * cellLength + wordIn) & ~asks;
      if (party >>> ownerBits === number) this.#engine.guard.run(null, () => lock.holderEnded(session, died));
    }
    this.#numbers.delete(session);
    this.#sessions.delete(number);
  }

  /** No session takes a word from now on: each looks at its entry after it. Words that are held stay held. */
  leaveAll(): void {
    for (const number of this.#numbers.values()) Atomics.store(this.#page!.words, livingIndex(number), 0);
  }

  /** A subscriber follows locks now: tell it of changes that came without a message. */
  readonly followed = (): void => this.#watch();

  close(): void {
    this.#timer?.cancel();
    this.#page?.close();
    this.#page = null;
  }

  #open(): WordPage | null {
    const page = this.#engine.options.openWords();
    if (!page) return null;
    page.words[orderAt] = orderMark;
    page.words[versionAt] = pageVersion;
    return page;
  }

  /** A number whose place among the living is free. What is in the page does not count: any peer writes there. */
  #newNumber(): number | null {
    for (let i = 0; i < livingPlaces && this.#lastNumber < lastSession; i++) {
      const number = ++this.#lastNumber;
      if (!this.#isTaken(number % livingPlaces)) return number;
    }
    return null;
  }

  #isTaken(place: number): boolean {
    for (let number = place; number <= lastSession; number += livingPlaces) if (this.#sessions.has(number)) return true;
    return false;
  }

  #watch(): void {
    if (this.#timer || this.#locks.size === 0 || !this.#engine.events.followsSync) return;
    this.#timer = this.#engine.guard.after(lookMs, null, () => {
      this.#timer = null;
      this.#look();
      this.#watch();
    });
  }

  #look(): void {
    const words = this.#page!.words;
    for (const [cell, lock] of this.#locks) {
      const word = Atomics.load(words, cellsAt + cell * cellLength + wordIn);
      if (this.#seen.get(cell) === word) continue;
      this.#seen.set(cell, word);
      this.#engine.events.syncChanged(lock, false);
    }
  }
}

function livingIndex(number: number): number {
  return livingAt + (number % livingPlaces);
}

/** So often the server swaps a depth that its holder changes. Only a client that writes anything there needs more. */
const swaps = 1000;

/** One lock's word. While it has the flag, clients do not change it. */
export class Word {
  readonly cell: number;
  readonly #words: Int32Array;
  readonly #at: number;

  constructor(words: Int32Array, cell: number) {
    this.#words = words;
    this.cell = cell;
    this.#at = cellsAt + cell * cellLength;
  }

  /** Sets the flag. Returns the holder; 0 if the lock was free. */
  claim(): number {
    return Atomics.or(this.#words, this.#at + wordIn, asks) & ~asks;
  }

  /** Writes the holder. Without the flag, clients may change the word from now on. */
  publish(party: number, flagged: boolean): void {
    Atomics.store(this.#words, this.#at + wordIn, flagged ? party | asks : party);
  }

  get party(): number {
    return Atomics.load(this.#words, this.#at + wordIn) & ~asks;
  }

  /** How many times more than once this holder has acquired the lock. */
  depthOf(party: number): number {
    return depthOf(Atomics.load(this.#words, this.#at + depthIn), party >>> ownerBits);
  }

  setDepth(party: number, depth: number): void {
    Atomics.store(this.#words, this.#at + depthIn, depthFor(party >>> ownerBits, depth));
  }

  /** How many times clients have acquired the lock without a message. */
  get taken(): number {
    return Atomics.load(this.#words, this.#at + takenIn);
  }

  /** Adds to the depth, which its holder may do at the same time. */
  deepen(party: number, by: number): void {
    const [at, session] = [this.#at + depthIn, party >>> ownerBits];
    for (let tries = 0; tries < swaps; tries++) {
      const seen = Atomics.load(this.#words, at);
      const depth = depthFor(session, depthOf(seen, session) + by);
      if (Atomics.compareExchange(this.#words, at, seen, depth) === seen) return;
    }
  }
}
