import { registerKind } from "../session/handles.js";
import { ExistingHandle, SharedObject, type NameOptions } from "../session/shared-object.js";
import { timeoutOf, waitOptions, type Timeout } from "./wait-options.js";

/** A flag for which processes wait. Not set at first. */
export class Event extends SharedObject {
  constructor(options?: NameOptions);
  constructor(from: NameOptions | ExistingHandle = {}) {
    super("event", from);
    if (!(from instanceof ExistingHandle)) this.create("event/create", (event) => ({ event }));
  }

  /** Sets the flag and wakes all waiting parties. */
  async set(): Promise<void> {
    await this.request("event/set", (event) => ({ event }));
  }

  /** Clears the flag. */
  async clear(): Promise<void> {
    await this.request("event/clear", (event) => ({ event }));
  }

  async isSet(): Promise<boolean> {
    return (await this.request("event/status", (event) => ({ event }))).set;
  }

  /** Waits until the flag is set. False if the timeout (milliseconds; default: no limit) passed first. */
  async wait(timeout?: Timeout): Promise<boolean> {
    const options = waitOptions(timeout);
    const timeoutMs = timeoutOf(options);
    return (await this.request("event/wait", (event) => ({ event, timeoutMs }), options)).set;
  }
}

registerKind("event", (from) => new (Event as new (from: ExistingHandle) => Event)(from));
