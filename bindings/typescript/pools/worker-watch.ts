import type { Event, Snapshot } from "../../../protocol/events.js";
import type { PoolInfo } from "../../../protocol/pool.js";
import type { ProcessInfo } from "../../../protocol/process.js";
import type { Handle } from "../../../protocol/schema.js";
import type { Connection } from "../session/connection.js";

/** What a pool hears of its workers. */
export interface WorkerListener {
  started(worker: ProcessInfo): void;
  ended(worker: ProcessInfo): void;
}

const watches = new WeakMap<Connection, WorkerWatch>();

/**
 * Tells pools when their workers start and end. A session has one subscription to events, so the pools of a connection
 * share it. It lasts while a pool has a listener.
 */
export class WorkerWatch {
  readonly #connection: Connection;
  readonly #listeners = new Map<Handle, WorkerListener>();
  /** Workers that run, of all pools, by their handles. */
  readonly #running = new Map<Handle, ProcessInfo>();
  /** Changes that came before the answer with the snapshot was handled; null: it was. */
  #early: Event[] | null = null;
  #subscribed = false;

  static of(connection: Connection): WorkerWatch {
    let watch = watches.get(connection);
    if (!watch) watches.set(connection, (watch = new WorkerWatch(connection)));
    return watch;
  }

  private constructor(connection: Connection) {
    this.#connection = connection;
    connection.on("events/changed", ({ events }) => this.#changed(events));
    connection.on("events/reset", ({ snapshot }) => this.#takeSnapshot(snapshot));
  }

  /** The listener hears of workers that run already, too. The connection must be open. */
  add(pool: Handle, listener: WorkerListener): void {
    this.#listeners.set(pool, listener);
    for (const worker of this.#running.values()) if (worker.pool === pool) listener.started(worker);
    if (!this.#subscribed) void this.#subscribe();
  }

  remove(pool: Handle): void {
    if (!this.#listeners.delete(pool) || this.#listeners.size > 0) return;
    this.#subscribed = false;
    this.#running.clear();
    // An error here is the end of the connection, which its users hear of.
    this.#connection.request("events/unsubscribe", {}, { background: true }).catch(() => {});
  }

  async #subscribe(): Promise<void> {
    this.#subscribed = true;
    this.#early = [];
    try {
      const { snapshot } = await this.#connection.request(
        "events/subscribe",
        { topics: ["process", "pool"] },
        { background: true },
      );
      const early = this.#early;
      this.#early = null;
      if (snapshot) this.#takeSnapshot(snapshot);
      this.#changed(early);
    } catch {
      // As above.
    }
  }

  #takeSnapshot({ processes, pools }: Snapshot): void {
    const seen = new Set(processes.map(({ process }) => process));
    for (const process of processes) this.#processChanged(process);
    // The server forgets what has ended.
    for (const worker of [...this.#running.values()])
      if (!seen.has(worker.process)) this.#processChanged({ ...worker, state: "exited" });
    for (const pool of pools) this.#poolChanged(pool);
  }

  #changed(events: readonly Event[]): void {
    if (!this.#subscribed) return;
    if (this.#early) this.#early.push(...events);
    else
      for (const event of events) {
        if (event.topic === "process") this.#processChanged(event.process);
        else if (event.topic === "pool") this.#poolChanged(event.pool);
      }
  }

  #processChanged(worker: ProcessInfo): void {
    const { process, role, pool, state } = worker;
    if (role !== "worker" || pool === null || state === "starting") return;
    const listener = this.#listeners.get(pool);
    const isKnown = this.#running.has(process);
    if (state === "running") this.#running.set(process, worker);
    else this.#running.delete(process);
    if (!isKnown && state === "running") listener?.started(worker);
    if (isKnown && state === "exited") listener?.ended(worker);
  }

  /** A pool without workers that accepts no tasks never has a worker again. */
  #poolChanged({ pool, state, workers }: PoolInfo): void {
    if (state !== "running" && workers === 0) this.remove(pool);
  }
}
