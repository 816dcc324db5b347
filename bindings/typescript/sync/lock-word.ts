import { closeSync } from "node:fs";
import { hasNative, mapShared } from "../../../native/load.js";
import {
  asks,
  cellLength,
  cellsAt,
  depthFor,
  depthIn,
  depthOf,
  lastDepth,
  livingAt,
  livingPlaces,
  orderAt,
  orderMark,
  ownerBits,
  pageBytes,
  pageVersion,
  partyOf,
  takenIn,
  versionAt,
  wordIn,
} from "../../../protocol/lock-words.js";
import { openMemoryFile } from "../bypass/memory-file.js";
import type { Connection } from "../session/connection.js";
import type { Flow } from "./owner.js";

/** How often a held word is looked at again before the server is asked. Most locks are held for less. */
const spins = 100;

/** The page of a connection. */
interface Page {
  readonly connection: Connection;
  readonly words: Int32Array;
  /** The session's number; 0 once the connection has ended. */
  number: number;
}

const pages = new WeakMap<Connection, Promise<Page | null>>();

function pageOf(connection: Connection): Promise<Page | null> {
  let page = pages.get(connection);
  if (!page) pages.set(connection, (page = ask(connection)));
  return page;
}

/** Null if the server has no words, or its memory cannot be mapped from here. */
async function ask(connection: Connection): Promise<Page | null> {
  if (!hasNative() || !connection.facts.capabilities.counters) return null;
  try {
    const place = (await connection.request("lock/attach", {})).words;
    const words = place && map(place);
    if (!words || connection.isClosed) return null;
    const page: Page = { connection, words, number: place!.number };
    const leave = () => (page.number = 0);
    void connection.closed.then(leave);
    connection.beforeShutdown(async () => void leave());
    return page;
  } catch {
    // The request for the lock that follows meets the error again and reports it.
    return null;
  }
}

function map(place: { path: string; inode: string }): Int32Array | null {
  const fd = openMemoryFile({ ...place, bytes: pageBytes });
  try {
    const memory = mapShared(fd, pageBytes);
    const words = memory && new Int32Array(memory);
    return words?.[versionAt] === pageVersion && words[orderAt] === orderMark ? words : null;
  } finally {
    closeSync(fd);
  }
}

/** The word of one lock, by which it is taken and released without a message while no other client wants it. */
export class LockWord {
  readonly #recursive: boolean;
  #page: Page | null = null;
  #at = 0;

  constructor(recursive: boolean) {
    this.#recursive = recursive;
  }

  /** Call it before each request for the lock: the first one of a connection asks for the page. */
  prepare(connection: Connection): void {
    if (!pages.has(connection)) void connection.whenOpen(() => pageOf(connection)).catch(() => {});
  }

  /** Call it with the cell of each answer. */
  async learn(connection: Connection, cell: number | undefined): Promise<void> {
    if (cell === undefined || this.#page) return;
    const page = await pageOf(connection);
    this.#at = cellsAt + cell * cellLength;
    this.#page = page;
  }

  /** True: acquired. False: another owner holds it. Null: the server has to be asked. `waits`: looks more than once. */
  take(flow: Flow, waits: boolean): boolean | null {
    const page = this.#page;
    if (page === null || page.number === 0 || flow.number === null || flow.pending > 0) return null;
    const { words, number } = page;
    const word = this.#at + wordIn;
    const me = partyOf(number, flow.number);
    for (let left = waits ? spins : 0; ; left--) {
      const seen = Atomics.compareExchange(words, word, 0, me);
      if (seen === 0) {
        if (lives(page)) {
          Atomics.store(words, this.#at + takenIn, Atomics.load(words, this.#at + takenIn) + 1);
          return true;
        }
        Atomics.compareExchange(words, word, me, 0);
        return null;
      }
      if (this.#recursive && (seen & ~asks) === me) return this.#deepen(page, me);
      if (seen < 0) return null;
      if (left <= 0) return false;
    }
  }

  /**
   * Releases it; false if the server has to be asked. What was sent while the lock was held must reach the server
   * before the next holder acts, so not while such a request has no answer.
   */
  release(flow: Flow): boolean {
    const page = this.#page;
    if (page === null || page.number === 0 || !page.connection.unanswered.none) return false;
    const { words, number } = page;
    const word = this.#at + wordIn;
    const seen = Atomics.load(words, word);
    if (!this.#recursive)
      return seen >>> ownerBits === number && Atomics.compareExchange(words, word, seen, 0) === seen;
    const me = flow.number === null ? 0 : partyOf(number, flow.number);
    if (me === 0 || (seen & ~asks) !== me) return false;
    const depth = Atomics.load(words, this.#at + depthIn);
    return depthOf(depth, number) > 0
      ? Atomics.compareExchange(words, this.#at + depthIn, depth, depth - 1) === depth
      : Atomics.compareExchange(words, word, me, 0) === me;
  }

  /**
   * This owner acquires the lock once more. The depth is read first: if the word still names this owner after that, but
   * its session ends before the swap, the next holder's depth is another one or does not count, so it stays right.
   */
  #deepen({ words, number }: Page, me: number): true | null {
    const at = this.#at + depthIn;
    const seen = Atomics.load(words, at);
    const depth = depthOf(seen, number);
    if ((Atomics.load(words, this.#at + wordIn) & ~asks) !== me || depth === lastDepth) return null;
    return Atomics.compareExchange(words, at, seen, depthFor(number, depth + 1)) === seen || null;
  }
}

/** Whether the server counts this session among the living. */
function lives({ words, number }: Page): boolean {
  return Atomics.load(words, livingAt + (number % livingPlaces)) === number;
}
