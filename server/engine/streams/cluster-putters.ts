import { PolyprocError } from "../../../protocol/errors.js";
import { payloadData, objectHandles, type Handle, type Payload } from "../../../protocol/schema.js";
import type { Timer } from "../clock.js";
import type { ClusterQueueDependencies } from "./dependencies.js";
import { answerMs, noAnswer } from "./cluster-answer.js";
import type { QueueLine } from "./queue-link.js";
import type { Session } from "../session.js";
import { Wait } from "../wait.js";

/** Limits of one message to the store, unless its first item alone is larger. */
const maxBatchItems = 1000;
const maxBatchBytes = 1024 * 1024;

interface Putting {
  readonly session: Session;
  readonly items: readonly Uint8Array[];
  readonly bytes: number;
  /** It is not to wait for room. */
  readonly atOnce: boolean;
  readonly wait: Wait<null>;
  stored: number;
  /** The store has some of its items, and has not said how many it stored. */
  sent: boolean;
  /** What it fails with as soon as it is known how many items were stored. */
  error: PolyprocError | null;
  timer: Timer | null;
}

/** The puts of this server's sessions into a queue of a cluster, in their order. */
export class ClusterPutters {
  readonly #engine: ClusterQueueDependencies;
  readonly #queue: Handle;
  readonly #maxSize: number;
  readonly #line: QueueLine;
  readonly #changed: () => void;
  readonly #putting = new Set<Putting>();
  #storing = false;
  /** The queue was full at the last answer. */
  #full = false;
  /** Settles when nothing is under way. */
  idle: Promise<void> = Promise.resolve();

  constructor(engine: ClusterQueueDependencies, queue: Handle, maxSize: number, line: QueueLine, changed: () => void) {
    this.#engine = engine;
    this.#queue = queue;
    this.#maxSize = maxSize;
    this.#line = line;
    this.#changed = changed;
  }

  get sessions(): string[] {
    return Array.from(this.#putting, ({ session }) => session.id);
  }

  put(session: Session, payloads: readonly Payload[], timeoutMs: number | null | undefined): Wait<null> {
    const items = payloads.map((payload) => bytesOf(payload, this.#queue));
    const bytes = items.reduce((sum, item) => sum + item.length, 0);
    const atOnce = timeoutMs === 0;
    if (atOnce && this.#full && this.#putting.size > 0) throw this.#isFull(0, items.length);
    session.holdBack(bytes);
    const wait = new Wait<null>(session, {
      onLeave: () => this.#end(putting),
      onCancel: (error) => {
        this.#fail(putting, error);
        return true;
      },
    });
    const putting: Putting = {
      ...{ session, items, bytes, atOnce, wait },
      ...{ stored: 0, sent: false, error: null, timer: null },
    };
    this.#putting.add(putting);
    if (atOnce) this.#limit(putting);
    else if (timeoutMs !== null && timeoutMs !== undefined)
      putting.timer = this.#engine.guard.after(timeoutMs, session, () =>
        this.#fail(putting, this.#isFull(putting.stored, items.length)),
      );
    this.#changed();
    if (!this.#storing) this.idle = this.#store();
    // Those that found the queue full have left.
    else if (this.#full && this.#putting.size === 1) this.#line.hurry();
    return wait;
  }

  /** All of them fail. */
  end(error: PolyprocError): void {
    for (const putting of [...this.#putting]) {
      this.#end(putting);
      putting.wait.reject(withStored(error, putting));
    }
  }

  /** Fails it, once it is known how many of its items were stored. */
  #fail(putting: Putting, error: PolyprocError): void {
    putting.error ??= error;
    if (putting.sent) this.#limit(putting);
    else this.#reject(putting, error);
  }

  /** The store has to answer soon. */
  #limit(putting: Putting): void {
    putting.timer?.cancel();
    putting.timer = this.#engine.guard.after(answerMs, putting.session, () =>
      this.#reject(putting, noAnswer(putting.sent ? "it may have stored the items, or will" : null)),
    );
  }

  async #store(): Promise<void> {
    this.#storing = true;
    try {
      while (this.#putting.size > 0) {
        await this.#storeBatch();
        if (this.#full && this.#putting.size > 0) await this.#line.room();
      }
    } catch (error) {
      this.#engine.guard.fault(null, error);
    } finally {
      this.#storing = false;
    }
  }

  async #storeBatch(): Promise<void> {
    const { items, parts } = this.#batch();
    for (const [putting] of parts) putting.sent = true;
    let stored: number;
    try {
      stored = await this.#line.store(items, this.#maxSize, this.#engine.options.limits.maxBufferedBytes);
    } catch (error) {
      for (const [putting] of parts) this.#reject(putting, error as PolyprocError);
      return;
    }
    this.#full = stored < items.length;
    for (const [putting, count] of parts) {
      const own = Math.min(stored, count);
      stored -= own;
      putting.stored += own;
      putting.sent = false;
      if (putting.stored === putting.items.length) {
        this.#end(putting);
        putting.wait.resolve(null);
      } else if (putting.error) this.#reject(putting, putting.error);
      else if (putting.atOnce && own < count) this.#reject(putting, this.#isFull(putting.stored, putting.items.length));
    }
    this.#changed();
  }

  #batch(): { items: Uint8Array[]; parts: (readonly [putting: Putting, count: number])[] } {
    const items: Uint8Array[] = [];
    const parts: (readonly [Putting, number])[] = [];
    let bytes = 0;
    for (const putting of this.#putting) {
      const before = items.length;
      for (const item of putting.items.slice(putting.stored, putting.stored + maxBatchItems)) {
        if (items.length > 0 && (items.length === maxBatchItems || bytes + item.length > maxBatchBytes)) break;
        items.push(item);
        bytes += item.length;
      }
      if (items.length === before) break;
      parts.push([putting, items.length - before]);
    }
    return { items, parts };
  }

  #reject(putting: Putting, error: PolyprocError): void {
    this.#end(putting);
    putting.wait.reject(withStored(error, putting));
  }

  #end(putting: Putting): void {
    putting.timer?.cancel();
    if (!this.#putting.delete(putting)) return;
    putting.session.heldBackEnded(putting.bytes);
    this.#changed();
  }

  #isFull(stored: number, count: number): PolyprocError {
    return new PolyprocError("Full", `${this.#queue} is full; ${stored} of ${count} items were stored`, { stored });
  }
}

function withStored({ codeName, message, data }: PolyprocError, { stored }: Putting): PolyprocError {
  return new PolyprocError(codeName, message, { ...data, stored });
}

/** Throws BadState if there are objects of this server in it. */
export function bytesOf(payload: Payload, queue: Handle): Uint8Array {
  const [object] = objectHandles(payload);
  if (object === undefined) return payloadData(payload);
  throw new PolyprocError(
    "BadState",
    `the item holds ${object}, which is of this server: the other hosts of the cluster cannot use it; send its name ` +
      `through ${queue} instead`,
  );
}
