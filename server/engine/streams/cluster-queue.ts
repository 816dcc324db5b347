import { PolyprocError } from "../../../protocol/errors.js";
import type { SyncInfo } from "../../../protocol/events.js";
import { payloadData, type Handle, type Payload } from "../../../protocol/schema.js";
import { lendingOf, type Counter, type Lender } from "../bypass/lending.js";
import { kept, letGo, type Kept } from "../kept.js";
import { foreignOrigin } from "../origin.js";
import { releasedByAll } from "../registry.js";
import type { Session } from "../session.js";
import type { Wait } from "../wait.js";
import { ClusterGetters } from "./cluster-getters.js";
import { bytesOf, ClusterPutters } from "./cluster-putters.js";
import type { ClusterQueueDependencies } from "./dependencies.js";
import { QueueObject, type QueueStatus } from "./queue-object.js";
import type { QueueClusters, QueueLine } from "./queue-link.js";
import type { Getting, Taken } from "./queue-waiters.js";
import { TakenCounts } from "./taken.js";

/** The origin of all items: any program of the cluster may have put them. */
const origin = "cluster";

/** A queue by name, over all hosts of a cluster. Its items are in the store. */
export class ClusterQueue extends QueueObject implements Lender {
  readonly handle: Handle;
  readonly cluster: string;
  readonly #maxSize: number;
  readonly #line: QueueLine;
  readonly #putters: ClusterPutters;
  readonly #getters: ClusterGetters;
  readonly #taken: TakenCounts;
  readonly #closedBy = new WeakSet<Session>();

  /** `maxSize`: of the queue when it is empty. */
  constructor(
    engine: ClusterQueueDependencies,
    handle: Handle,
    name: string,
    options: { maxSize: number; joinable: boolean },
    address: string,
    clusters: QueueClusters,
  ) {
    super();
    if (options.joinable) throw onlyHere(handle);
    this.handle = handle;
    this.cluster = clusters.shown(address);
    this.#maxSize = options.maxSize;
    this.#taken = new TakenCounts(handle);
    const line = clusters.queue(address, name);
    this.#line = line;
    const changed = () => engine.events.syncChanged(this, false);
    this.#putters = new ClusterPutters(engine, handle, options.maxSize, line, changed);
    this.#getters = new ClusterGetters(engine, handle, line, (...given) => this.#hand(...given), changed);
  }

  put(session: Session, items: readonly Payload[], timeoutMs: number | null | undefined): Wait<null> {
    this.#requireOpen(session, "put");
    return this.#putters.put(session, items, timeoutMs);
  }

  /** With a counter, one item is lent: what a server has lent is lost if it dies. */
  get(
    session: Session,
    max: number,
    timeoutMs: number | null | undefined,
    counter: Counter | null = null,
  ): Wait<Taken> {
    this.#requireOpen(session, "get");
    if (counter) lendingOf(session).settle([counter]);
    return this.#getters.get(session, { max: counter ? 1 : max, counter }, timeoutMs);
  }

  async putBack(session: Session, items: readonly Payload[]): Promise<null> {
    const all = items.map((item) => bytesOf(item, this.handle));
    const bytes = all.reduce((sum, item) => sum + item.length, 0);
    this.#taken.require(session, all.length, bytes);
    this.#taken.add(session, -all.length, -bytes);
    await this.#line.giveBack(all);
    return null;
  }

  settled(session: Session, items: readonly Kept[], counted: number): void {
    for (const item of items) letGo(item);
    const bytes = (some: readonly Kept[]) => some.map(({ payload }) => payloadData(payload));
    const used = bytes(items.slice(0, counted));
    for (const item of used) this.#taken.add(session, 1, item.length);
    const rest = bytes(items.slice(counted));
    if (rest.length > 0) this.#line.giveBack(rest).catch(() => {});
  }

  /** Items that came back are served by the store. */
  serve(): void {}

  close(session: Session): null {
    this.#closedBy.add(session);
    return null;
  }

  taskDone(): never {
    throw onlyHere(this.handle);
  }

  join(): never {
    throw onlyHere(this.handle);
  }

  async status(): Promise<QueueStatus> {
    const { size, maxSize, putters, getters } = await this.#line.status();
    const limit = maxSize ?? this.#maxSize;
    return {
      ...{ size, maxSize: limit, unfinished: 0, putters, getters },
      ...{ full: limit > 0 && size >= limit, empty: size === 0 },
    };
  }

  /** Waiters are sessions of this server; the value is the number of items when the store last answered. */
  describe(): SyncInfo {
    const waiters = [...this.#putters.sessions, ...this.#getters.sessions];
    return { handle: this.handle, kind: "queue", holders: [], waiters, value: this.#line.size, limit: this.#maxSize };
  }

  unreferenced(): void {
    const error = releasedByAll(this.handle);
    this.#putters.end(error);
    this.#getters.end(error);
    this.#line.close(Promise.all([this.#putters.idle, this.#getters.idle]));
  }

  #hand(session: Session, items: readonly Uint8Array[], { counter }: Getting): Taken {
    const bytes = items.map((item) => item.length);
    for (const length of bytes) session.requireFits(length, `the next item of ${this.handle}`);
    if (counter) {
      const lent = items.map((item) => kept(item, session.account, origin));
      for (const item of lent) item.account.charge(item.bytes);
      lendingOf(session).lend(counter, this, lent);
    } else for (const length of bytes) this.#taken.add(session, 1, length);
    const foreign = foreignOrigin(session, origin);
    return { items: [...items], ...(foreign !== null && { origins: items.map(() => foreign) }) };
  }

  #requireOpen(session: Session, action: string): void {
    if (this.#closedBy.has(session))
      throw new PolyprocError("Closed", `this session has closed ${this.handle}, so it cannot ${action}`);
  }
}

function onlyHere(handle: Handle): PolyprocError {
  return new PolyprocError(
    "BadState",
    `${handle}: taskDone and join are for queues of one machine; make it without joinable`,
  );
}
