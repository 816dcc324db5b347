import type { RpcEndpoint } from "../../../server/ipc/framing/rpc-endpoint.js";
import type { Params, Result } from "../../../protocol/message.js";
import type * as worker from "../../../protocol/worker.js";
import type { Handle, Payload } from "../../../protocol/schema.js";

/** Name, pid and parent of a process, as `currentProcess()` reports them. */
export type Identity = NonNullable<Params<typeof worker.run>["identity"]>;

/** The server's answer to `worker/ready`. */
export type HostFacts = Result<typeof worker.ready>;

/** The task that this process runs now. */
export interface CurrentTask {
  /** Fires when the task is cancelled or exceeds its `timeoutMs`. After the grace period the worker is killed. */
  readonly signal: AbortSignal;
  /** The task's job; null for the function of a Process. */
  readonly job: Handle | null;
  /** The item's position in the list given to `map`. 0 for the function of a Process. */
  readonly index: number;
  /**
   * Tells how far the running item is: the editor, `polyproc map`, `top` and other clients. `fraction`: from 0 to 1;
   * `text`: what it does now, of which 200 characters are shown. What is left out stays as it was; null takes it back.
   * Call it as often as you like: some ten reports in a second are sent, the last one always. Throws RangeError if
   * `fraction` is not from 0 to 1, TypeError if a type is wrong. After the task it does nothing.
   *
   * A function that never returns to the event loop sends its last report with the next call of `report`.
   */
  report(progress: { fraction?: number | null | undefined; text?: string | null | undefined }): void;
}

/** Decodes arguments and encodes results of tasks. */
export interface WorkerCodec {
  /** Decodes a task's arguments. Returns a promise if classes must be loaded first. */
  decode(payload: Payload): unknown;
  encode(value: unknown): Payload;
}

/**
 * The only link between the worker host and the binding that a task's module imports. It is stored on `globalThis`, not
 * in a module, because the task's module may import another copy of the package.
 */
export interface HostLink {
  readonly endpoint: RpcEndpoint;
  readonly facts: HostFacts;
  /** Whether this process can open the server's memory. Absent in older copies of the package. */
  readonly usesBlocks?: boolean;
  /** Null before the first task. */
  identity(): Identity | null;
  task(): CurrentTask | null;
  /** Registers an action that is awaited before this process ends its session in order. */
  beforeEnd(action: () => Promise<void>): void;
  /**
   * Count of handles minted by this process. All copies of the package in it share the session, so they share the
   * count.
   */
  readonly minted: { count: number };
  /**
   * Called by each copy of the package when it is loaded. Arguments of tasks become objects of the first copy's
   * classes.
   */
  adopt(codec: WorkerCodec): void;
  /** Receives the server's notifications that are not for the host itself. */
  onNotification(listener: (method: string, params: unknown) => void): void;
}

const key = Symbol.for("polyproc.host.1");

/** The host in this process; undefined if this process is not a worker host. */
export function hostLink(): HostLink | undefined {
  return (globalThis as { [key]?: HostLink })[key];
}

export function setHostLink(link: HostLink): void {
  Object.defineProperty(globalThis, key, { value: link });
}
