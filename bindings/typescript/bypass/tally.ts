import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { endianness } from "node:os";
import type { Connection } from "../session/connection.js";
import type { RequestResult } from "../session/methods.js";

type Facts = NonNullable<RequestResult<"queue/tally">["tally"]>;

const headBytes = 32;
const slotBytes = 8;
/** Of the two halves of a counter, which is the lower one. */
const low = endianness() === "LE" ? 0 : 1;

const tallies = new WeakMap<Connection, Promise<Tally | null>>();

/** The session's counters; null where there are none, or the server's memory cannot be reached from here. */
export function tallyOf(connection: Connection): Promise<Tally | null> {
  let tally = tallies.get(connection);
  if (!tally) tallies.set(connection, (tally = ask(connection)));
  return tally;
}

async function ask(connection: Connection): Promise<Tally | null> {
  // Whatever is wrong, the request for an item says it again.
  const facts = await connection.request("queue/tally", {}).then(({ tally }) => tally, () => null);
  const fd = facts && openMemory(facts);
  if (fd === null) return null;
  void connection.closed.then(() => closeSync(fd));
  return new Tally(fd, facts!);
}

/** Null when the path does not lead to the server's file from here: it may be another user's, in a container, or on another machine. */
function openMemory({ path, mark }: Facts): number | null {
  let fd: number;
  try {
    // What else may be there must neither be waited for nor be written to.
    fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return null;
  }
  if (isMemory(fd, mark)) return fd;
  closeSync(fd);
  return null;
}

function isMemory(fd: number, mark: string): boolean {
  const status = fstatSync(fd);
  const head = Buffer.alloc(headBytes);
  return status.isFile() && status.nlink === 0 && readSync(fd, head, 0, headBytes, 0) === headBytes && head.toString("latin1") === mark;
}

/**
 * Counters in memory that the server reads when this process has died. By them it learns, without a message, which of the items that it has on
 * loan a program has been handed.
 */
export class Tally {
  readonly #free: Counter[];

  constructor(fd: number, { first, slots }: Facts) {
    const halves = new Uint32Array(2);
    const bytes = new Uint8Array(halves.buffer);
    this.#free = Array.from({ length: slots }, (_, i) => new Counter(first + i, (count) => {
      halves[low] = count;
      halves[1 - low] = count / 2 ** 32;
      writeSync(fd, bytes, 0, slotBytes, headBytes + slotBytes * (first + i));
    }));
  }

  /** Two that nobody uses, or null. */
  takeTwo(): [Counter, Counter] | null {
    return this.#free.length < 2 ? null : [this.#free.pop()!, this.#free.pop()!];
  }

  giveBack(counters: readonly Counter[]): void {
    this.#free.push(...counters);
  }
}

export class Counter {
  readonly slot: number;
  readonly #write: (count: number) => void;
  #count = 0;

  constructor(slot: number, write: (count: number) => void) {
    this.slot = slot;
    this.#write = write;
  }

  get count(): number {
    return this.#count;
  }

  /** One more item is handed out: about 1 µs. Only while the session lives. */
  add(): void {
    this.#write(++this.#count);
  }
}
