import { PolyprocError } from "../../protocol/errors.js";
import { OncePerTurn, type Guard } from "./guard.js";
import { LinkedList } from "./linked-list.js";

/**
 * Share of the limit for what is kept: items, tasks, results, output. The rest is for messages being read and written,
 * and for pending requests.
 */
const keptShare = 3 / 4;
/** If the kept share is full, a client may still keep this share of the limit, so that it can go on … */
const fairShare = 1 / 64;
/** … as long as all clients together keep less than this share. */
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
 * The limit for all memory that the server holds for its peers. The code that stores bytes charges them, and releases
 * them when it drops them. A Buffer that is part of a larger one keeps all of it in memory: charge the larger one, or
 * copy the part.
 *
 * There are two kinds. Bytes that are kept until a client fetches them are charged to an `Account`. Bytes in transit (a
 * message being read, a pending put, an answer that is not sent yet) are charged here. A charge always succeeds, so the
 * sum can exceed the limit for a moment. A request that can wait asks for room first. Requests that free memory or
 * control something (get, recv, cancel, list) never ask, so they work on a full server.
 */
export class Budget {
  readonly maxBytes: number;
  /** Charged with what belongs to no client: output of processes, results of runs. */
  readonly server: Account;
  readonly #guard: Guard;
  #keptBytes = 0;
  #passingBytes = 0;
  #releasedBytes = 0;
  readonly #accounts = new Map<string, Account>();
  readonly #messages = new LinkedList<Message>();
  readonly #keepers = new LinkedList<Keeper>();
  readonly #reserves: ((bytes: number) => void)[] = [];
  /** Deferred, because the caller of a charge or release is in the middle of a change. */
  readonly #serving: OncePerTurn;

  constructor(maxBytes: number, guard: Guard) {
    this.maxBytes = maxBytes;
    this.#guard = guard;
    this.#serving = new OncePerTurn(guard, null, () => this.#serve());
    this.server = new Account(this, null);
  }

  get usedBytes(): number {
    return this.#keptBytes + this.#passingBytes;
  }

  /** All bytes that were ever released. */
  get releasedBytes(): number {
    return this.#releasedBytes;
  }

  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** The kept share is full: reserves should drop what they can. */
  get pressed(): boolean {
    return this.#keptBytes > this.maxBytes * keptShare;
  }

  /** The account of a client and its process tree; `owner`: see `Session.owner`. */
  account(owner: string): Account {
    let account = this.#accounts.get(owner);
    if (!account) this.#accounts.set(owner, (account = new Account(this, owner)));
    return account;
  }

  /** Whether bytes in transit fit. */
  hasRoom(bytes: number): boolean {
    return this.usedBytes + bytes <= this.maxBytes;
  }

  /** For bytes in transit that cannot wait. Throws Overloaded if they do not fit. */
  requireRoom(bytes: number): void {
    if (this.hasRoom(bytes)) return;
    throw new PolyprocError(
      "Overloaded",
      `the server's memory is full: it holds ${this.usedBytes} of ${this.maxBytes} ` +
        "bytes (--max-memory-bytes) for its clients; try again after clients have received items and results",
      { bytes, maxMemoryBytes: this.maxBytes },
    );
  }

  charge(bytes: number): void {
    this.#passingBytes += bytes;
  }

  release(bytes: number): void {
    this.#passingBytes -= bytes;
    this.#released(bytes);
  }

  /**
   * Charges these bytes as soon as there is room, then calls `granted`. Callers are served in order; the first is
   * served before this returns if there is room. Returns a function that cancels the request; it has no effect after
   * the grant. Throws PayloadTooLarge if the bytes exceed the limit itself.
   */
  whenRoom(bytes: number, granted: () => void): () => void {
    if (bytes > this.maxBytes) {
      throw new PolyprocError(
        "PayloadTooLarge",
        `${bytes} bytes are more than this server may hold for all its clients (${this.maxBytes}): ` +
          "send less at once, or raise --max-memory-bytes",
        { bytes, maxMemoryBytes: this.maxBytes },
      );
    }
    if (this.#messages.length === 0 && this.hasRoom(bytes)) {
      this.charge(bytes);
      granted();
      return () => {};
    }
    const link = this.#messages.push({ bytes, granted });
    return () => {
      // The next request may fit where this one did not.
      if (this.#messages.remove(link)) this.#serving.schedule();
    };
  }

  /** `free` is called when the kept share is full. It drops about that many kept bytes, the oldest first. */
  addReserve(free: (bytes: number) => void): void {
    this.#reserves.push(free);
  }

  /** Called by `Account`. */
  mayKeep(account: Account, bytes: number): boolean {
    const kept = this.#keptBytes + bytes;
    if (kept <= this.maxBytes * keptShare) return true;
    return account.bytes + bytes <= this.maxBytes * fairShare && kept <= this.maxBytes * fairLimit;
  }

  /** Called by `Account`. */
  keep(bytes: number): void {
    this.#keptBytes += bytes;
    if (this.pressed && this.#reserves.length > 0) this.#serving.schedule();
  }

  /** Called by `Account`. */
  letGo(account: Account, bytes: number): void {
    this.#keptBytes -= bytes;
    if (account.bytes === 0 && account.owner !== null && this.#accounts.get(account.owner) === account)
      this.#accounts.delete(account.owner);
    this.#released(bytes);
  }

  /** Called by `Account`. */
  whenMayKeep(account: Account, bytes: number, retry: () => void): () => void {
    const link = this.#keepers.push({ account, bytes, retry });
    return () => void this.#keepers.remove(link);
  }

  #released(bytes: number): void {
    this.#releasedBytes += bytes;
    if (this.#messages.length > 0 || this.#keepers.length > 0) this.#serving.schedule();
  }

  #serve(): void {
    if (this.pressed) this.#guard.run(null, () => this.#useReserves());
    for (let next = this.#messages.first; next && this.hasRoom(next.bytes); next = this.#messages.first)
      this.#grant(next);
    // A client that keeps little may go on though earlier ones in the list may not (`fairShare`).
    for (const link of [...this.#keepers.links()]) {
      const { account, bytes, retry } = link.value;
      if (this.mayKeep(account, bytes) && this.#keepers.remove(link)) this.#guard.run(null, retry);
    }
  }

  #grant(message: Message): void {
    this.#messages.shift();
    this.charge(message.bytes);
    this.#guard.run(null, message.granted);
  }

  /** Frees a little more than is needed now, so that it need not run again for the next line or item. */
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

  /**
   * Calls `retry` once, later, when there is room. Nothing is charged, and an earlier caller may have used the room:
   * check again. Returns a function that cancels the call.
   */
  whenRoom(bytes: number, retry: () => void): () => void {
    return this.#budget.whenMayKeep(this, bytes, retry);
  }
}
