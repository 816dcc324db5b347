import type { Target } from "../../../protocol/target.js";
import type { Principal } from "../guard.js";
import { runtimeOf } from "../processes/runtime.js";
import type { PoolDependencies } from "./dependencies.js";
import type { PoolWorker } from "./pool-worker.js";

/** Which workers a pool keeps while it has nothing for them to do. */
export interface IdleOptions {
  /** How many workers are started with the pool, and are never ended for being idle. */
  minProcesses?: number | undefined;
  /** Time after which an idle worker beyond these is ended. Absent: never. */
  idleTimeoutMs?: number | null | undefined;
  /** Runtime of the workers that are started with the pool. Default: that of the initializer, otherwise `node`. */
  runtime?: string | undefined;
}

/** Workers that a pool starts before there are tasks. */
export interface EarlyWorkers {
  readonly runtime: string;
  readonly count: number;
}

/** The workers that are started with the pool. Fails if there is no such runtime. */
export function earlyWorkers(
  { hosts, options }: Pick<PoolDependencies, "hosts" | "options">,
  processes: number,
  { minProcesses = 0, runtime, initializer }: IdleOptions & { initializer?: Target | undefined },
): EarlyWorkers | null {
  if (minProcesses === 0) return null;
  const ofInitializer =
    initializer && !("command" in initializer) ? runtimeOf(initializer, options.runtimeEndings) : "node";
  hosts.requireRuntime(runtime ?? ofInitializer);
  return { runtime: runtime ?? ofInitializer, count: Math.min(minProcesses, processes) };
}

type IdlePool = Principal & { readonly engine: Pick<PoolDependencies, "clock" | "guard"> };

/** Ends the workers of a pool that have been idle for too long, the one that has been idle longest first. */
export class IdleWorkers {
  readonly #pool: IdlePool;
  readonly #workers: ReadonlySet<PoolWorker>;
  readonly #least: number;
  readonly #timeoutMs: number | null;
  /** Since when each idle worker is idle, in that order. */
  readonly #since = new Map<PoolWorker, number>();
  /** A timer will call `update`. */
  #waits = false;

  constructor(pool: IdlePool, workers: ReadonlySet<PoolWorker>, options: IdleOptions) {
    this.#pool = pool;
    this.#workers = workers;
    this.#least = options.minProcesses ?? 0;
    this.#timeoutMs = options.idleTimeoutMs ?? null;
  }

  /** Call it when workers may have become idle, busy or ended. */
  update(): void {
    if (this.#timeoutMs === null) return;
    const now = this.#pool.engine.clock.now();
    let alive = 0;
    for (const worker of this.#workers) {
      if (worker.state === "starting" || worker.state === "ready") alive++;
      if (!worker.idle) this.#since.delete(worker);
      else if (!this.#since.has(worker)) this.#since.set(worker, now);
    }
    for (const [worker, since] of this.#since) {
      if (!this.#workers.has(worker)) this.#since.delete(worker);
      else if (alive <= this.#least) return;
      else if (since + this.#timeoutMs > now) return this.#wait(since + this.#timeoutMs - now);
      else {
        this.#since.delete(worker);
        alive--;
        worker.retire();
      }
    }
  }

  #wait(ms: number): void {
    if (this.#waits) return;
    this.#waits = true;
    this.#pool.engine.guard.after(ms, this.#pool, () => {
      this.#waits = false;
      this.update();
    });
  }
}
