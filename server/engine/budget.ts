import { PolyprocError } from "../../protocol/errors.js";
import type { Guard } from "./guard.js";
import { LinkedList } from "./linked-list.js";

/** Of the bound, what may be kept: items, tasks, results, output. The rest is for messages on their way, and for puts, sends and submits that wait. */
const keptShare = 3 / 4;
/** When that is full, a client may still keep this share of the bound … */
const fairShare = 1 / 64;
/** … until this much is kept by all. */
const fairLimit = 7 / 8;

interface Message {
  readonly bytes: number;
  readonly granted: () => void;
}

interface Keeper {
  readonly account: Account;
  readonly bytes: number;
  readonly retry: () => void;
}

/**
 * One bound for all memory that the server holds for its peers. Each owner charges the bytes that it really holds, and releases them when it lets go.
 * A Buffer that is a part of a larger one holds all of it: charge the larger one, or copy (`compact`).
 *
 * There are two parts. What is kept until somebody fetches it is charged to an `Account`. What passes through (a message that is read, a put that
 * waits, an answer that is not sent yet) is charged here. Charging always succeeds, so the sum can exceed the bound for a moment. Whoever can wait asks
 * for room first. Requests that free memory or control something (get, recv, cancel, list) never ask.
 */
export class Budget {
  readonly maxBytes: number;
  /** For what the server keeps on its own account: output of processes, results of runs. */
  readonly server: Account;
  readonly #guard: Guard;
  #keptBytes = 0;
  #passingBytes = 0;
  #peakBytes = 0;
  readonly #accounts = new Map<string, Account>();
  readonly #messages = new LinkedList<Message>();
  readonly #keepers = new LinkedList<Keeper>();
  readonly #reserves: ((bytes: number) => void)[] = [];
  #scheduled = false;

  constructor(maxBytes: number, guard: Guard) {
    this.maxBytes = maxBytes;
    this.#guard = guard;
    this.server = new Account(this, null);
  }

  get usedBytes(): number {
    return this.#keptBytes + this.#passingBytes;
  }

  /** The most that it was since `forgetPeak`. */
  get peakBytes(): number {
    return this.#peakBytes;
  }

  forgetPeak(): void {
    this.#peakBytes = this.usedBytes;
  }

  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** What can be dropped should be dropped: as much is kept as may be. */
  get pressed(): boolean {
    return this.#keptBytes > this.maxBytes * keptShare;
  }

  /** Of the client at the root of a process tree (`Session.owner`). */
  account(owner: string): Account {
    let account = this.#accounts.get(owner);
    if (!account) this.#accounts.set(owner, (account = new Account(this, owner)));
    return account;
  }

  /** For what passes through. */
  hasRoom(bytes: number): boolean {
    return this.usedBytes + bytes <= this.maxBytes;
  }

  /** For what passes through and cannot be put off. Fails with Overloaded. */
  requireRoom(bytes: number): void {
    if (this.hasRoom(bytes)) return;
    throw new PolyprocError("Overloaded", `the server's memory is full: it holds ${this.usedBytes} of ${this.maxBytes} bytes (--max-memory-bytes) for its clients; try again when items and results were taken out`, { bytes, maxMemoryBytes: this.maxBytes });
  }

  charge(bytes: number): void {
    this.#passingBytes += bytes;
    this.#peakBytes = Math.max(this.#peakBytes, this.usedBytes);
  }

  release(bytes: number): void {
    this.#passingBytes -= bytes;
    this.#released();
  }

  /**
   * Charges these bytes as soon as there is room, then calls `granted`: before this returns if there is room and no earlier caller waits, else in the order of the
   * calls. Returns a function that takes a caller that still waits out of the line; it does nothing after the grant. Fails with PayloadTooLarge if the
   * bytes would not fit into an empty server.
   */
  whenRoom(bytes: number, granted: () => void): () => void {
    if (bytes > this.maxBytes) {
      throw new PolyprocError("PayloadTooLarge", `${bytes} bytes are more than this server may hold for all its clients (${this.maxBytes}): send less at once, or raise --max-memory-bytes`, { bytes, maxMemoryBytes: this.maxBytes });
    }
    if (this.#messages.length === 0 && this.hasRoom(bytes)) {
      this.charge(bytes);
      granted();
      return () => {};
    }
    const link = this.#messages.push({ bytes, granted });
    return () => {
      // The next one may fit where this one did not.
      if (this.#messages.remove(link)) this.#schedule();
    };
  }

  /** `free` lets go of about so many bytes of what is kept, the oldest first; called when as much is kept as may be. */
  addReserve(free: (bytes: number) => void): void {
    this.#reserves.push(free);
  }

  /** For accounts. */
  mayKeep(account: Account, bytes: number): boolean {
    const kept = this.#keptBytes + bytes;
    if (kept <= this.maxBytes * keptShare) return true;
    return account.bytes + bytes <= this.maxBytes * fairShare && kept <= this.maxBytes * fairLimit;
  }

  /** For accounts. */
  keep(bytes: number): void {
    this.#keptBytes += bytes;
    this.#peakBytes = Math.max(this.#peakBytes, this.usedBytes);
    if (this.pressed && this.#reserves.length > 0) this.#schedule();
  }

  /** For accounts. */
  letGo(account: Account, bytes: number): void {
    this.#keptBytes -= bytes;
    if (account.bytes === 0 && account.owner !== null && this.#accounts.get(account.owner) === account) this.#accounts.delete(account.owner);
    this.#released();
  }

  /** For accounts. */
  whenMayKeep(account: Account, bytes: number, retry: () => void): () => void {
    const link = this.#keepers.push({ account, bytes, retry });
    return () => void this.#keepers.remove(link);
  }

  #released(): void {
    if (this.#messages.length > 0 || this.#keepers.length > 0) this.#schedule();
  }

  /** Not inside of a charge or release: its caller is in the middle of a change. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#guard.soon(null, () => {
      this.#scheduled = false;
      if (this.pressed) this.#guard.run(null, () => this.#useReserves());
      for (let next = this.#messages.first; next && this.hasRoom(next.bytes); next = this.#messages.first) this.#grant(next);
      // One whose client keeps little may go on where those before it may not.
      for (const link of [...this.#keepers.links()]) {
        const { account, bytes, retry } = link.value;
        if (this.mayKeep(account, bytes) && this.#keepers.remove(link)) this.#guard.run(null, retry);
      }
    });
  }

  #grant(message: Message): void {
    this.#messages.shift();
    this.charge(message.bytes);
    this.#guard.run(null, message.granted);
  }

  /** A little more than is needed now, so that it is not done for each line and item. */
  #useReserves(): void {
    const goal = this.maxBytes * keptShare * 0.9;
    for (const free of this.#reserves) {
      if (this.#keptBytes <= goal) return;
      free(this.#keptBytes - goal);
    }
  }
}

/** What is kept for one client, or for the server itself. */
export class Account {
  readonly owner: string | null;
  readonly #budget: Budget;
  #bytes = 0;

  constructor(budget: Budget, owner: string | null) {
    this.#budget = budget;
    this.owner = owner;
  }

  get bytes(): number {
    return this.#bytes;
  }

  hasRoom(bytes: number): boolean {
    return this.#budget.mayKeep(this, bytes);
  }

  charge(bytes: number): void {
    this.#bytes += bytes;
    this.#budget.keep(bytes);
  }

  release(bytes: number): void {
    this.#bytes -= bytes;
    this.#budget.letGo(this, bytes);
  }

  /** Calls once, later, when there is room; nothing is charged for it, and whoever was called before may have taken the room. Returns a function that takes it out of the line. */
  whenRoom(bytes: number, retry: () => void): () => void {
    return this.#budget.whenMayKeep(this, bytes, retry);
  }
}
