import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { endianness } from "node:os";
import { mapShared } from "../../../native/load.js";
import type { Connection } from "../session/connection.js";
import type { RequestResult } from "../session/methods.js";

type Facts = NonNullable<RequestResult<"queue/tally">["tally"]>;

const headBytes = 32;
const slotBytes = 8;
/** Index of the low 32 bits of a counter in a pair of 32-bit words. */
const low = endianness() === "LE" ? 0 : 1;

const tallies = new WeakMap<Connection, Promise<Tally | null>>();

/** Returns the session's counters. Null if the server has none, or if this process cannot open the server's memory. */
export function tallyOf(connection: Connection): Promise<Tally | null> {
  let tally = tallies.get(connection);
  if (!tally) tallies.set(connection, (tally = ask(connection)));
  return tally;
}

async function ask(connection: Connection): Promise<Tally | null> {
  if (!connection.facts.capabilities.counters) return null;
  // An error is dropped here: the request for an item that follows meets it again and reports it.
  const facts = await connection.request("queue/tally", {}).then(
    ({ tally }) => tally,
    () => null,
  );
  const fd = facts && openMemory(facts);
  if (fd === null) return null;
  const end = headBytes + slotBytes * (facts!.first + facts!.slots);
  const memory = fstatSync(fd).size < end ? null : mapShared(fd, end);
  if (memory) closeSync(fd);
  else void connection.closed.then(() => closeSync(fd));
  return new Tally(memory ? storing(memory) : writing(fd), facts!);
}

/** Sets the counter of a slot. If the process is killed meanwhile, the counter has its old or its new value. */
type SetCounter = (slot: number, count: number) => void;

function storing(memory: ArrayBuffer): SetCounter {
  const counters = new BigUint64Array(memory, headBytes);
  return (slot, count) => {
    counters[slot] = BigInt(count);
  };
}

function writing(fd: number): SetCounter {
  const halves = new Uint32Array(2);
  const bytes = new Uint8Array(halves.buffer);
  return (slot, count) => {
    halves[low] = count;
    halves[1 - low] = count / 2 ** 32;
    writeSync(fd, bytes, 0, slotBytes, headBytes + slotBytes * slot);
  };
}

/**
 * Opens the server's memory file. Null if the path leads to another file: the server may run as another user, in a
 * container, or on another machine.
 */
function openMemory({ path, mark }: Facts): number | null {
  let fd: number;
  try {
    // The path may lead to a foreign FIFO or terminal: opening that must neither block nor take it as the controlling
    // terminal.
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
  return (
    status.isFile() &&
    status.nlink === 0 &&
    readSync(fd, head, 0, headBytes, 0) === headBytes &&
    head.toString("latin1") === mark
  );
}

/**
 * Counters in memory that the server also has open. If this process dies, the server reads from them which borrowed
 * items the program had received. Counting costs no message.
 */
export class Tally {
  readonly #free: Counter[];

  constructor(set: SetCounter, { first, slots }: Facts) {
    this.#free = Array.from({ length: slots }, (_, i) => new Counter(first + i, (count) => set(first + i, count)));
  }

  /** Takes two unused counters, or returns null if fewer are left. */
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

  /**
   * Counts one more item as received: a store into mapped memory, or, without the native code, a write of 1 to 3 µs.
   * Call it only while the session lives.
   */
  add(): void {
    this.#write(++this.#count);
  }
}
