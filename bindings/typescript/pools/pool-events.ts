import { EventEmitter } from "node:events";
import type { ResultEntry } from "../../../protocol/job.js";
import type { ProcessInfo } from "../../../protocol/process.js";
import type { SharedObject } from "../session/shared-object.js";
import { errorOf } from "./pool-errors.js";
import { WorkerWatch } from "./worker-watch.js";

/** A process that runs tasks of a pool. */
export interface PoolWorker {
  pid: number;
  /** `PoolWorker-1`: as `currentProcess().name` in it. */
  name: string;
}

export interface EndedPoolWorker extends PoolWorker {
  /** 0 … 255, or −N if signal N ended it. Null if the server no longer knows it. */
  exitCode: number | null;
  /** True if the pool ended it: the pool was closed or terminated, its task was cancelled, or it was idle. */
  dismissed: boolean;
}

/** Items of this process that failed, after all their retries. */
export interface PoolTaskFailure {
  /** What their call rejects with, without its position in the call. */
  error: unknown;
  /** The items of the call: `count` of them, from `index` on. */
  index: number;
  count: number;
  /** The worker that ran them; 0 if none did. */
  pid: number;
}

/** The events of `pool.events`, with the arguments of their listeners. */
export interface PoolEvents {
  /** A worker runs. Also told for each worker that runs when the first listener is added. */
  workerStarted: [worker: PoolWorker];
  /** A worker has ended, expected or not. */
  workerEnded: [worker: EndedPoolWorker];
  /** Items that this process gave to the pool have failed. */
  taskFailed: [failure: PoolTaskFailure];
  /** As many calls of `apply` were waiting as `maxQueue` allows; now there is room for another. */
  drain: [];
  /** All items that this process gave to the pool have ended. */
  idle: [];
}

/** Calls the listeners of one pool's events, in microtasks: a listener may call the pool. */
export class PoolEventSource {
  readonly emitter = new EventEmitter<PoolEvents>();
  readonly #pool: SharedObject;
  #watching = false;

  constructor(pool: SharedObject) {
    this.#pool = pool;
    // The events of the emitter itself are not in its type.
    const emitter = this.emitter as EventEmitter;
    // Only a program that listens for workers pays for the subscription.
    emitter.on("newListener", (event) => {
      if (event === "workerStarted" || event === "workerEnded") this.#watch();
    });
    emitter.on("removeListener", () => {
      if (this.emitter.listenerCount("workerStarted") + this.emitter.listenerCount("workerEnded") === 0)
        this.#unwatch();
    });
  }

  reported(entry: ResultEntry): void {
    if (!entry.error || this.emitter.listenerCount("taskFailed") === 0) return;
    const { index, count, pid } = entry;
    this.#emit("taskFailed", { error: errorOf(entry, this.#pool.connection, "only"), index, count, pid });
  }

  /** The server did not accept the items. */
  refused(index: number, count: number, error: unknown): void {
    this.#emit("taskFailed", { error, index, count, pid: 0 });
  }

  drain(): void {
    this.#emit("drain");
  }

  idle(): void {
    this.#emit("idle");
  }

  #watch(): void {
    if (this.#watching) return;
    this.#watching = true;
    const { connection } = this.#pool;
    connection
      .whenOpen(() => {
        if (!this.#watching) return;
        WorkerWatch.of(connection).add(this.#pool.handle, {
          started: (worker) => this.#emit("workerStarted", facts(worker)),
          ended: (worker) => {
            const { exitCode, dismissed } = worker;
            this.#emit("workerEnded", { ...facts(worker), exitCode, dismissed });
          },
        });
      })
      // The calls of the pool reject with the reason.
      .catch(() => {});
  }

  #unwatch(): void {
    if (!this.#watching) return;
    this.#watching = false;
    const { connection } = this.#pool;
    if (connection.isOpen) WorkerWatch.of(connection).remove(this.#pool.handle);
  }

  #emit<E extends keyof PoolEvents>(event: E, ...args: PoolEvents[E]): void {
    if (this.emitter.listenerCount(event) === 0) return;
    queueMicrotask(() => (this.emitter.emit as (event: E, ...args: PoolEvents[E]) => boolean)(event, ...args));
  }
}

function facts({ pid, name }: ProcessInfo): PoolWorker {
  return { pid: pid ?? 0, name };
}
