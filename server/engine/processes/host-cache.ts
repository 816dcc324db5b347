import { PolyprocError } from "../../../protocol/errors.js";
import { HostRecord, type HostDependencies } from "./host.js";
import type { HostSpec, Spawner } from "./spawner.js";

/** A pool, as far as it competes with new hosts for the processors. */
export interface LivePool {
  readonly processes: number;
  readonly dispatch: { busy(): number };
}

/** What the cache needs of the engine. */
export interface HostCacheDependencies extends HostDependencies {
  readonly livePools: Iterable<LivePool>;
  readonly options: {
    readonly spawner: Pick<Spawner, "startHost" | "runtimes">;
    readonly cpuCount: number;
    readonly warmHosts: number;
  };
}

/** An idle warm host ends after this time. */
const idleMs = 60_000;
/** One that was taken is replaced after this time. */
const refillMs = 20;
/** Where pools may want every processor it is replaced in a pause of theirs, but no later than that. */
const pauseMs = 100;
const maxRefillMs = 2000;

/** Warm hosts by runtime, so that `start()` does not pay for a cold interpreter. */
export class HostCache {
  readonly #engine: HostCacheDependencies;
  readonly #warm = new Map<string, HostRecord[]>();
  #closed = false;

  constructor(engine: HostCacheDependencies) {
    this.#engine = engine;
  }

  /** Those that can begin at once: not the ones that are still starting. */
  get warmCount(): number {
    let n = 0;
    for (const hosts of this.#warm.values()) n += hosts.filter((host) => host.isReady).length;
    return n;
  }

  requireRuntime(runtime: string): void {
    const known = this.#engine.options.spawner.runtimes();
    if (known.includes(runtime)) return;
    throw new PolyprocError("TargetNotFound", `there is no runtime "${runtime}" here, only ${known.join(", ")}: check the file's ending, or name the target's runtime`, { runtime, runtimes: known });
  }

  /** A host of this runtime: a warm one if it needs no folder or environment of its own. */
  take(spec: HostSpec): HostRecord {
    this.requireRuntime(spec.runtime);
    if (spec.cwd !== undefined || spec.env !== undefined) return new HostRecord(this.#engine, spec);
    const warm = this.#warm.get(spec.runtime) ?? [];
    const ready = warm.findIndex((host) => host.isReady);
    const host = warm.splice(ready === -1 ? 0 : ready, 1)[0] ?? new HostRecord(this.#engine, spec);
    this.#refillSoon(spec.runtime);
    return host;
  }

  /** Starts hosts up to the number to keep warm. */
  refill(runtime: string): void {
    if (this.#closed) return;
    const warm = this.#warm.get(runtime) ?? [];
    this.#warm.set(runtime, warm);
    while (warm.length < this.#engine.options.warmHosts) warm.push(this.#startWarm(runtime, warm));
  }

  close(): void {
    this.#closed = true;
    for (const hosts of this.#warm.values()) for (const host of hosts) host.process.kill();
    this.#warm.clear();
  }

  /** Not at once: the host that was just taken should have the processor first, and so should pools that keep all of them busy. */
  #refillSoon(runtime: string, patienceMs = maxRefillMs, quietMs = 0): void {
    this.#engine.guard.after(refillMs, null, () => {
      const quiet = this.#poolsAreBusy() ? 0 : quietMs + refillMs;
      if (patienceMs > 0 && quiet < pauseMs && this.#poolsFillTheMachine()) this.#refillSoon(runtime, patienceMs - refillMs, quiet);
      else this.refill(runtime);
    });
  }

  #poolsFillTheMachine(): boolean {
    let processes = 0;
    for (const pool of this.#engine.livePools) processes += pool.processes;
    return processes >= this.#engine.options.cpuCount;
  }

  #poolsAreBusy(): boolean {
    for (const pool of this.#engine.livePools) if (pool.dispatch.busy() > 0) return true;
    return false;
  }

  #startWarm(runtime: string, warm: HostRecord[]): HostRecord {
    const host = new HostRecord(this.#engine, { runtime });
    const forget = () => {
      const at = warm.indexOf(host);
      if (at !== -1) warm.splice(at, 1);
      return at !== -1;
    };
    // A host that ends before anybody wants it is not replaced until somebody wants one: no loop of crashes.
    host.process.onExit(forget);
    this.#engine.guard.after(idleMs, host, () => {
      if (forget()) host.process.kill();
    });
    return host;
  }
}
