import { PolyprocError } from "../../../protocol/errors.js";
import { HostRecord, type HostDependencies } from "./host.js";
import { keyOfKind, kindOfKey } from "./runtime.js";
import type { HostSpec, Spawner } from "./spawner.js";

/** A pool, as a competitor of new hosts for the processors. */
export interface LivePool {
  readonly processes: number;
  readonly dispatch: { busy(): number };
}

/** What the cache needs of the engine. */
export interface HostCacheDependencies extends HostDependencies {
  readonly livePools: Iterable<LivePool>;
  readonly options: {
    readonly spawner: Pick<Spawner, "startHost" | "runtimes" | "differs">;
    readonly cpuCount: number;
    readonly warmHosts: number;
    /** The server's own folder, in which warm hosts are. */
    readonly paths: { readonly cwd: string };
  };
}

/** An idle warm host ends after this time. */
const idleMs = 60_000;
/** A host that was taken is replaced after this many milliseconds. */
const refillMs = 20;
/**
 * If pools may use all processors, it is replaced once they were idle for `pauseMs`, at the latest after `maxRefillMs`.
 */
const pauseMs = 100;
const maxRefillMs = 2000;

/** Warm hosts by their kind, so that `start()` need not wait for an interpreter. */
export class HostCache {
  readonly #engine: HostCacheDependencies;
  readonly #warm = new Map<string, HostRecord[]>();
  #closed = false;

  constructor(engine: HostCacheDependencies) {
    this.#engine = engine;
  }

  /** Number of hosts that are ready, without those that are still starting. */
  get warmCount(): number {
    let n = 0;
    for (const hosts of this.#warm.values()) n += hosts.filter((host) => host.isReady).length;
    return n;
  }

  requireRuntime(runtime: string): void {
    const known = this.#engine.options.spawner.runtimes();
    if (known.includes(runtime)) return;
    throw new PolyprocError(
      "TargetNotFound",
      `there is no runtime "${runtime}" here, only ${known.join(", ")}: check the file's ending, ` +
        "or name the target's runtime",
      { runtime, runtimes: known },
    );
  }

  /** A host of this runtime: a warm one, unless the spec has its own folder, environment or options of Node. */
  take(spec: HostSpec): HostRecord {
    this.requireRuntime(spec.runtime);
    const isElsewhere = spec.cwd !== undefined && spec.cwd !== this.#engine.options.paths.cwd;
    if (isElsewhere || this.#engine.options.spawner.differs(spec)) return new HostRecord(this.#engine, spec);
    const kind = keyOfKind(spec);
    const warm = this.#warm.get(kind) ?? [];
    const ready = warm.findIndex((host) => host.isReady);
    const host = warm.splice(ready === -1 ? 0 : ready, 1)[0] ?? new HostRecord(this.#engine, spec);
    this.#refillSoon(kind);
    return host;
  }

  /** Starts warm hosts of a kind (`keyOfKind`) up to `warmHosts`. */
  refill(kind: string): void {
    if (this.#closed) return;
    const warm = this.#warm.get(kind) ?? [];
    this.#warm.set(kind, warm);
    while (warm.length < this.#engine.options.warmHosts) warm.push(this.#startWarm(kind, warm));
  }

  close(): void {
    this.#closed = true;
    for (const hosts of this.#warm.values()) for (const host of hosts) host.process.kill();
    this.#warm.clear();
  }

  /** Delays the refill: the host that was just taken, and busy pools, should get the processors first. */
  #refillSoon(kind: string, patienceMs = maxRefillMs, quietMs = 0): void {
    this.#engine.guard.after(refillMs, null, () => {
      const quiet = this.#poolsAreBusy() ? 0 : quietMs + refillMs;
      if (patienceMs > 0 && quiet < pauseMs && this.#poolsFillTheMachine())
        this.#refillSoon(kind, patienceMs - refillMs, quiet);
      else this.refill(kind);
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

  #startWarm(kind: string, warm: HostRecord[]): HostRecord {
    const host = new HostRecord(this.#engine, kindOfKey(kind));
    const forget = () => {
      const at = warm.indexOf(host);
      if (at !== -1) warm.splice(at, 1);
      return at !== -1;
    };
    // A warm host that ends unused is replaced only when a host is taken again. So a host that crashes is not started
    // again and again.
    host.process.onExit(forget);
    this.#engine.guard.after(idleMs, host, () => {
      if (forget()) host.process.kill();
    });
    return host;
  }
}
