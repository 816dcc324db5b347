import { decode, encodeFor, requireForeignData } from "../session/codec.js";
import type { RequestResult } from "../session/methods.js";
import { ExistingHandle, SharedObject, type NameOptions } from "../session/shared-object.js";

/** A queue with nothing but `put`, `get` and `empty`. First in, first out, without a limit on the number of items. */
export class SimpleQueue<T = unknown> extends SharedObject {
  constructor(options?: NameOptions);
  constructor(from?: NameOptions | ExistingHandle, settings?: { maxSize: number; joinable: boolean });
  constructor(from: NameOptions | ExistingHandle = {}, settings = { maxSize: 0, joinable: false }) {
    super("queue", from);
    if (!(from instanceof ExistingHandle)) this.create("queue/create", (queue) => ({ queue, ...settings }));
  }

  /** Stores an item. Resolves when the queue has it: it can no longer be lost by this process's end. */
  async put(item: T): Promise<void> {
    await this.request("queue/put", (queue) => ({ queue, items: [encodeFor(this.connection, item)] }));
  }

  /** Waits for an item and takes it. */
  async get(): Promise<T> {
    const items = await this.acceptable(await this.request("queue/get", (queue) => ({ queue })));
    return this.decoded(items[0]!);
  }

  /** Whether there is no item at this moment. Exact. */
  async empty(): Promise<boolean> {
    return (await this.request("queue/status", (queue) => ({ queue }))).empty;
  }

  /** This process will put and get no more: later calls reject with Closed. What it has put stays. */
  async close(): Promise<void> {
    await this.request("queue/close", (queue) => ({ queue }));
  }

  /** The items, unless one is foreign and holds what only a language can open: then all go back, for a client that trusts its sender. */
  protected async acceptable({ items, origins }: RequestResult<"queue/get">): Promise<RequestResult<"queue/get">["items"]> {
    if (!origins) return items;
    try {
      for (const [i, origin] of origins.entries()) if (origin !== null) requireForeignData(origin, this.handle, items[i]!);
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
