import type { RpcEndpoint } from "../../../server/ipc/framing/rpc-endpoint.js";
import type { Params, Result } from "../../../protocol/message.js";
import type * as worker from "../../../protocol/worker.js";
import type { Handle, Payload } from "../../../protocol/schema.js";

/** Who a process is: what `currentProcess()` says. */
export type Identity = NonNullable<Params<typeof worker.run>["identity"]>;

/** What the server answered to `worker/ready`. */
export type HostFacts = Result<typeof worker.ready>;

/** The task that this process runs now. */
export interface CurrentTask {
  /**
   * Fires when the task is cancelled or has run for longer than its `timeoutMs`. Its worker is killed a grace later.
   */
  readonly signal: AbortSignal;
  /** The job that it belongs to; null for the function of a Process. */
  readonly job: Handle | null;
  /** Number of the item in its job: its position in what was given to `map`. 0 for the function of a Process. */
  readonly index: number;
}

/** How the values of tasks are read and made. */
export interface WorkerCodec {
  /** A task's arguments; a promise when there is something to load first. */
  decode(payload: Payload): unknown;
  encode(value: unknown): Payload;
}

/**
 * The one seam between the worker host and the binding that a task's module imports. It hangs on the process, not on a
 * module, because that module may have installed a copy of the package of its own.
 */
export interface HostLink {
  readonly endpoint: RpcEndpoint;
  readonly facts: HostFacts;
  /** Null before the first task. */
  identity(): Identity | null;
  task(): CurrentTask | null;
  /** Called, and waited for, before this process ends its session in an orderly way. */
  beforeEnd(action: () => Promise<void>): void;
  /**
   * Handles that this process has minted: one count for all copies of the package in it, since they share its session.
   */
  readonly minted: { count: number };
  /**
   * A copy of the package has been loaded: what tasks are given consists of its classes from now on, unless another
   * copy came first.
   */
  adopt(codec: WorkerCodec): void;
  /** Notifications of the server that are not for the host itself are handed to these. */
  onNotification(listener: (method: string, params: unknown) => void): void;
}

const key = Symbol.for("polyproc.host.1");

/** The host that this process is, or undefined in every other process. */
export function hostLink(): HostLink | undefined {
  return (globalThis as { [key]?: HostLink })[key];
}

export function setHostLink(link: HostLink): void {
  Object.defineProperty(globalThis, key, { value: link });
}
