import { decode, encodeFor, requireForeignData } from "../session/codec.js";
import type { RequestResult } from "../session/methods.js";
import type { OptionTable } from "../session/options.js";
import { ExistingHandle, nameOptions, SharedObject, type NameOptions } from "../session/shared-object.js";

interface QueueSettings {
  maxSize: number;
  joinable: boolean;
  cluster?: string | undefined;
}

/** A first-in-first-out queue with only `put`, `get`, `empty` and `close`, without a limit on the number of items. */
export class SimpleQueue<T = unknown> extends SharedObject {
  constructor(options?: NameOptions);
  constructor(from?: NameOptions | ExistingHandle, settings?: QueueSettings, table?: OptionTable<NameOptions>);
  constructor(
    from: NameOptions | ExistingHandle = {},
    settings: QueueSettings = { maxSize: 0, joinable: false },
    table: OptionTable<NameOptions> = nameOptions,
  ) {
    super("queue", from, table);
    if (!(from instanceof ExistingHandle)) this.create("queue/create", (queue) => ({ queue, ...settings }));
  }

  /** Stores an item. Once it resolves, the item survives this process's end. */
  async put(item: T): Promise<void> {
    await this.request("queue/put", (queue) => ({ queue, items: [encodeFor(this.connection, item)] }));
  }

  /** Waits for an item and takes it. */
  async get(): Promise<T> {
    const items = await this.acceptable(await this.request("queue/get", (queue) => ({ queue })));
    return this.decoded(items[0]!);
  }

  /** Whether the queue is empty at this moment. Exact. */
  async empty(): Promise<boolean> {
    return (await this.request("queue/status", (queue) => ({ queue }))).empty;
  }

  /** Ends this process's use of the queue: later calls reject with Closed. Items that it has put stay. */
  async close(): Promise<void> {
    await this.request("queue/close", (queue) => ({ queue }));
  }

  /**
   * Returns the items. If one of them is a blob from an untrusted sender, puts all of them back, for a client that
   * trusts the sender, and throws.
   */
  protected async acceptable({
    items,
    origins,
  }: RequestResult<"queue/get">): Promise<RequestResult<"queue/get">["items"]> {
    if (!origins) return items;
    try {
      for (const [i, origin] of origins.entries())
        if (origin !== null) requireForeignData(origin, this.handle, items[i]!);
    } catch (error) {
      await this.request("queue/putBack", (queue) => ({ queue, items, origins }));
      throw error;
    }
    return items;
  }

  protected decoded(payload: Parameters<typeof decode>[0]): T {
    return decode(payload, this.connection) as T;
  }
}
