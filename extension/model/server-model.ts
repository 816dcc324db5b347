import type { DeadlockInfo, Event, Snapshot, SyncInfo, Topic } from "../../protocol/events.js";
import type { SessionInfo } from "../../protocol/lifecycle.js";
import type { PoolInfo } from "../../protocol/pool.js";
import type { ProcessInfo, Usage } from "../../protocol/process.js";
import type { RunInfo } from "../../protocol/run.js";
import type { QueuedInfo, WaitInfo } from "../../protocol/waits.js";
import type { Disposable, Rpc, Server } from "../connection/rpc.js";
import type { Model, Part } from "./model.js";
import type { DismissalStore } from "./dismissals.js";
import { ProcessBook } from "./process-book.js";
import { Rates } from "./rates.js";
import { Throttle } from "./throttle.js";
import { waitsBySession } from "./waits-by-session.js";
import { Poll } from "./poll.js";

/** Without `task`: there may be thousands of these events a second. To follow a run, read it. */
const topics: Topic[] = ["process", "pool", "sync", "deadlock", "run", "session"];
const tellMs = 100;
const usageMs = 2000;
const waitsMs = 1000;
const rateMs = 1000;

export interface ServerModelOptions {
  /** A listener failed, or the server refused to answer. The other listeners still run. */
  onFault(error: unknown): void;
  /** Which ended processes the user has dismissed. */
  dismissals: DismissalStore;
}

/** Builds the model from the server's events. */
export class ServerModel implements Model, Disposable {
  readonly #options: ServerModelOptions;
  readonly #book: ProcessBook;
  readonly #rates = new Rates();
  readonly #throttle = new Throttle<Part>(tellMs, (parts) => this.#tell(parts));
  /** The server measures CPU from one request to the next. */
  readonly #usagePoll = new Poll(
    usageMs,
    (rpc) => rpc.request("process/usage", {}),
    ({ usage }) => {
      this.usage = new Map(usage.map((entry) => [entry.process, entry]));
      this.#throttle.add("usage");
    },
  );
  readonly #waitsPoll = new Poll(
    waitsMs,
    (rpc) => rpc.request("server/waits", {}),
    ({ waits, queued }) => {
      if (waits.length + queued.length + this.waits.size + this.queued.size === 0) return;
      this.waits = waitsBySession(waits);
      this.queued = new Map(queued.map((entry) => [entry.pool, entry]));
      this.#throttle.add("waits");
    },
  );
  readonly #listeners = new Set<(parts: ReadonlySet<Part>) => void>();
  readonly #watch: Disposable;
  readonly #pools = new Map<string, PoolInfo>();
  readonly #sync = new Map<string, SyncInfo>();
  readonly #deadlocks = new Map<string, DeadlockInfo>();
  readonly #runs = new Map<string, RunInfo>();
  readonly #sessions = new Map<string, SessionInfo>();
  usage: ReadonlyMap<string, Usage> = new Map();
  waits: ReadonlyMap<string, readonly WaitInfo[]> = new Map();
  queued: ReadonlyMap<string, QueuedInfo> = new Map();
  #rpc: Rpc | null = null;
  #subscriptions: Disposable[] = [];
  #rateTimer: NodeJS.Timeout | undefined;

  constructor(server: Server, options: ServerModelOptions) {
    this.#options = options;
    this.#book = new ProcessBook(options.dismissals);
    this.#watch = server.onDidChange((state) => {
      this.#use(state.kind === "connected" ? state.rpc : null);
    });
    if (server.state.kind === "connected") this.#use(server.state.rpc);
  }

  get processes(): ReadonlyMap<string, ProcessInfo> {
    return this.#book.all;
  }

  get pools(): ReadonlyMap<string, PoolInfo> {
    return this.#pools;
  }

  get rates(): ReadonlyMap<string, number> {
    return this.#rates.all;
  }

  get sync(): ReadonlyMap<string, SyncInfo> {
    return this.#sync;
  }

  get deadlocks(): ReadonlyMap<string, DeadlockInfo> {
    return this.#deadlocks;
  }

  get runs(): ReadonlyMap<string, RunInfo> {
    return this.#runs;
  }

  get sessions(): ReadonlyMap<string, SessionInfo> {
    return this.#sessions;
  }

  onDidChange(listener: (parts: ReadonlySet<Part>) => void): Disposable {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  watchUsage(): Disposable {
    return this.#usagePoll.watch();
  }

  watchWaits(): Disposable {
    return this.#waitsPoll.watch();
  }

  dismiss(process: string): void {
    if (this.#book.dismiss(process)) this.#throttle.add("processes");
  }

  dismissEnded(): void {
    if (this.#book.dismissEnded()) this.#throttle.add("processes");
  }

  dispose(): void {
    this.#watch.dispose();
    this.#leave();
    this.#throttle.dispose();
    this.#listeners.clear();
  }

  #use(rpc: Rpc | null): void {
    if (rpc === this.#rpc) return;
    const had = this.#rpc !== null;
    this.#leave();
    if (had) this.#empty();
    this.#rpc = rpc;
    if (rpc) void this.#follow(rpc);
  }

  #leave(): void {
    this.#rpc = null;
    for (const subscription of this.#subscriptions.splice(0)) subscription.dispose();
    this.#usagePoll.use(null);
    this.#waitsPoll.use(null);
    clearInterval(this.#rateTimer);
    this.#rateTimer = undefined;
  }

  async #follow(rpc: Rpc): Promise<void> {
    /** Events that arrive before the answer to `events/subscribe`; null afterwards. */
    let early: Event[] | null = [];
    this.#subscriptions.push(
      rpc.on("events/changed", ({ events }) => {
        if (early) early.push(...events);
        else this.#apply(events);
      }),
      rpc.on("events/reset", ({ snapshot }) => {
        early = early && [];
        // The server had to drop changes.
        this.#load(rpc, snapshot);
      }),
    );
    try {
      const { snapshot } = await rpc.request("events/subscribe", { topics });
      if (this.#rpc !== rpc) return;
      if (snapshot) this.#load(rpc, snapshot);
      const events = early;
      early = null;
      this.#apply(events.filter((event) => event.seq > (snapshot?.seq ?? -1)));
      this.#usagePoll.use(rpc);
      this.#waitsPoll.use(rpc);
    } catch (error) {
      // The server's state reports the end of the connection.
      if (this.#rpc === rpc && (error as { codeName?: string }).codeName !== "Closed") this.#options.onFault(error);
    }
  }

  #load(rpc: Rpc, snapshot: Snapshot): void {
    fill(
      this.#pools,
      snapshot.pools.filter((pool) => !isOver(pool)),
      ({ pool }) => pool,
    );
    fill(this.#sync, snapshot.sync, ({ handle }) => handle);
    fill(this.#deadlocks, snapshot.deadlocks, ({ deadlock }) => deadlock);
    fill(this.#runs, snapshot.runs, ({ run }) => run);
    fill(this.#sessions, snapshot.sessions, ({ session }) => session);
    this.#rates.clear();
    for (const pool of this.#pools.values()) this.#noteRate(pool);
    this.#book.replaceLiving(snapshot.processes);
    this.#throttle.add("processes", "pools", "sync", "deadlocks", "runs", "sessions");
    this.#recallEnded(rpc);
  }

  /** A snapshot has no ended processes. Those that failed before it was made are shown, too. */
  #recallEnded(rpc: Rpc): void {
    rpc.request("process/list", { scope: "all", ended: true }).then(
      ({ processes }) => {
        if (this.#rpc !== rpc) return;
        for (const process of processes) if (process.state === "exited") this.#book.put(process);
        this.#throttle.add("processes");
      },
      // The server's state reports the end of the connection.
      () => {},
    );
  }

  #apply(events: readonly Event[]): void {
    for (const event of events) {
      switch (event.topic) {
        case "process":
          if (this.#book.put(event.process)) this.#throttle.add("processes");
          break;
        case "pool":
          this.#putPool(event.pool);
          this.#throttle.add("pools");
          break;
        case "sync":
          keep(this.#sync, event.sync.handle, event.sync, event.gone);
          this.#throttle.add("sync");
          break;
        case "deadlock":
          keep(this.#deadlocks, event.deadlock.deadlock, event.deadlock, event.resolved);
          this.#throttle.add("deadlocks");
          break;
        case "run":
          keep(this.#runs, event.run.run, event.run, event.gone);
          this.#throttle.add("runs");
          break;
        case "session":
          keep(this.#sessions, event.session.session, event.session, event.gone);
          this.#throttle.add("sessions");
          break;
        case "task":
          break;
      }
    }
  }

  #putPool(pool: PoolInfo): void {
    if (isOver(pool)) {
      this.#pools.delete(pool.pool);
      this.#rates.forget(pool.pool);
      return;
    }
    this.#pools.set(pool.pool, pool);
    this.#noteRate(pool);
  }

  #noteRate(pool: PoolInfo): void {
    this.#rates.note(pool, performance.now());
    this.#rateTimer ??= setInterval(() => this.#refreshRates(), rateMs);
  }

  #refreshRates(): void {
    if (this.#rates.refresh(performance.now())) this.#throttle.add("pools");
    if (this.#rates.moving) return;
    clearInterval(this.#rateTimer);
    this.#rateTimer = undefined;
  }

  #empty(): void {
    this.#book.replaceLiving([]);
    for (const map of [this.#pools, this.#sync, this.#deadlocks, this.#runs, this.#sessions]) map.clear();
    this.#rates.clear();
    this.usage = new Map();
    this.waits = new Map();
    this.queued = new Map();
    this.#throttle.add("processes", "usage", "waits", "pools", "sync", "deadlocks", "runs", "sessions");
  }

  #tell(parts: ReadonlySet<Part>): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(parts);
      } catch (error) {
        this.#options.onFault(error);
      }
    }
  }
}

/** The pool accepts no tasks, has none, and its workers have ended. */
function isOver({ state, workers, queued }: PoolInfo): boolean {
  return state !== "running" && workers === 0 && queued === 0;
}

function fill<T>(map: Map<string, T>, entries: readonly T[], key: (entry: T) => string): void {
  map.clear();
  for (const entry of entries) map.set(key(entry), entry);
}

/** Stores what the server now knows of an object, or forgets the object. */
function keep<T>(objects: Map<string, T>, handle: string, info: T, isGone: boolean | undefined): void {
  if (isGone) objects.delete(handle);
  else objects.set(handle, info);
}
