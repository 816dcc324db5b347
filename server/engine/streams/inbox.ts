import { PolyprocError } from "../../../protocol/errors.js";
import type { Handle, Payload } from "../../../protocol/schema.js";
import type { PipeDependencies } from "./dependencies.js";
import { dataBytes, ItemStore } from "./item-store.js";
import { kept, letGo, MemoryWait, type Kept } from "../kept.js";
import { foreignOrigin } from "../origin.js";
import { full } from "./pipe-errors.js";
import type { Received, Sending } from "./pipe-waiters.js";
import type { SharedObject } from "../registry.js";
import type { Session } from "../session.js";
import type { Wait } from "../wait.js";
import { WaitLine, type Waiter } from "../wait-line.js";

/** The items that were sent to a pipe end and not received, and the sends that wait for room. */
export class Inbox {
  readonly #engine: PipeDependencies;
  readonly #end: SharedObject;
  /** An item was stored: a receiver may be waiting for it. */
  readonly #onStored: () => void;
  /** A send began to wait, or ended. */
  readonly #onSenders: () => void;
  readonly #items: ItemStore;
  readonly #senders: WaitLine<null, Sending>;
  readonly #memoryWait = new MemoryWait();

  constructor(engine: PipeDependencies, end: SharedObject, onStored: () => void, onSenders: () => void) {
    this.#engine = engine;
    this.#end = end;
    this.#onStored = onStored;
    this.#onSenders = onSenders;
    this.#items = new ItemStore(0, engine.options.limits.maxBufferedBytes);
    this.#senders = new WaitLine<null, Sending>(
      (sender) => {
        if (sender.details.cast && sender.wait.session.ended) this.#letIn(sender);
        else this.#forget(sender);
        // A smaller item behind this one may fit.
        this.refill();
        this.#onSenders();
      },
      { object: end, reason: "full" },
    );
  }

  /** Number of items. */
  get length(): number {
    return this.#items.length;
  }

  get bytes(): number {
    return this.#items.bytes;
  }

  /** Ids of the sessions whose sends wait for room, in order. */
  get senders(): string[] {
    return this.#senders.sessionIds;
  }

  get senderCount(): number {
    return this.#senders.length;
  }

  /**
   * Stores an item whose references the end has retained: now, or when there is room. `cast`: see `Sending`. `from`:
   * the end through which it was sent.
   */
  accept(
    session: Session,
    payload: Payload,
    timeoutMs: number | null | undefined,
    cast: boolean,
    from: Handle,
  ): null | Wait<null> {
    const { registry } = this.#engine;
    const item = kept(payload, session.account);
    if (this.#senders.length === 0 && this.#items.admits(item)) {
      this.#store(item);
      return null;
    }
    try {
      if (timeoutMs === 0) throw full(from, this.#items.bytes);
      session.holdBack(item.bytes);
    } catch (error) {
      registry.dropPayload(payload, this.#end);
      throw error;
    }
    const { wait } = this.#senders.add(
      session,
      { item, cast },
      {
        timeoutMs,
        onTimeout: () => {
          throw full(from, this.#items.bytes);
        },
      },
    );
    this.#awaitMemory();
    this.#onSenders();
    return wait;
  }

  /** Throws PayloadTooLarge if the session cannot receive the first item. There must be one. */
  requireFits(session: Session): void {
    session.requireFits(dataBytes(this.#items.peek()!), `the next item of ${this.#end.handle}`);
  }

  /** Takes the first item out. Call `refill` next. */
  take(session: Session): Received {
    const item = this.#items.shift();
    if (item === undefined) throw new PolyprocError("InternalError", "took from an empty pipe");
    letGo(item);
    this.#engine.registry.deliverPayload(session, item.payload, this.#end);
    const origin = foreignOrigin(session, item.origin);
    return origin === null ? { item: item.payload } : { item: item.payload, origin };
  }

  /** Stores items that a channel carried, after the first `ahead` ones. */
  insert(ahead: number, items: readonly Uint8Array[], writer: Session): void {
    const { server } = this.#engine.budget;
    this.#items.insert(
      ahead,
      items.map((data) => kept(data, server, writer.owner)),
    );
  }

  /** There may be room: stores the items of waiting sends, in order. */
  refill(): void {
    for (
      let sender = this.#senders.first;
      sender && this.#items.admits(sender.details.item);
      sender = this.#senders.first
    ) {
      this.#senders.shift();
      this.#letIn(sender);
      sender.wait.resolve(null);
    }
    this.#awaitMemory();
  }

  /** The sending end is closed: waiting sends fail, except casts, whose items are stored. */
  senderClosed(error: PolyprocError): void {
    for (let sender = this.#senders.shift(); sender; sender = this.#senders.shift()) {
      if (sender.details.cast) {
        this.#letIn(sender);
        sender.wait.resolve(null);
        continue;
      }
      this.#forget(sender);
      sender.wait.reject(error);
    }
  }

  /** The receiving end is closed: waiting sends fail, and all items are dropped. */
  close(error: PolyprocError): void {
    for (let sender = this.#senders.shift(); sender; sender = this.#senders.shift()) {
      this.#forget(sender);
      sender.wait.reject(error);
    }
    this.#items.clear((item) => this.#engine.registry.dropPayload(item.payload, this.#end));
    this.#memoryWait.end();
  }

  /** If the first send has room here and only lacks server memory: retries it when there is memory. */
  #awaitMemory(): void {
    const item = this.#senders.first?.details.item;
    if (item && this.#items.hasRoom(dataBytes(item))) this.#memoryWait.begin(item, () => this.refill());
  }

  #store(item: Kept): void {
    this.#items.push(item);
    this.#onStored();
  }

  /** Stores the item of a waiting send. */
  #letIn({ wait, details: { item } }: Waiter<null, Sending>): void {
    wait.session.heldBackEnded(item.bytes);
    this.#store(item);
  }

  /** Drops the item of a waiting send. */
  #forget({ wait, details: { item } }: Waiter<null, Sending>): void {
    wait.session.heldBackEnded(item.bytes);
    this.#engine.registry.dropPayload(item.payload, this.#end);
  }
}
