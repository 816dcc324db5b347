import { encode } from "../../../bindings/typescript/session/codec.js";
import type { NotificationName, NotificationParams } from "../../../bindings/typescript/session/methods.js";
import type { Rpc, Server, ServerState } from "../../../extension/connection/rpc.js";
import type { Model, Part } from "../../../extension/model/model.js";
import { PolyprocError } from "../../../protocol/errors.js";
import type { RunEntry, RunInfo } from "../../../protocol/run.js";
import { queuedRun } from "../run-info.js";

/** A run as a server keeps it, driven by the test. */
export interface FakeRun {
  info: RunInfo;
  // oxlint-disable-next-line typescript/no-explicit-any -- what `run/start` was given: tests look into it freely
  spec: any;
  /** Every change, in order; the position is the index plus one. */
  log: RunEntry[];
}

type Handler = (params: never) => unknown;

/** A server that answers what the runs of a window ask, as the protocol says. */
export class FakeRpc implements Rpc {
  readonly facts = {
    instanceId: "i",
    session: "s1",
    limits: { maxMessageBytes: 1e9, maxPayloadBytes: 1e9, maxQueuedBytes: 1e9, maxMemoryBytes: 1e9 },
    capabilities: { channels: false, counters: false },
    cpuCount: 4,
    runtimes: ["node"],
  };
  readonly server = { version: "0.0.0", pid: 1 };
  readonly runs = new Map<string, FakeRun>();
  readonly asked: { method: string; params: unknown }[] = [];
  readonly closed: Promise<void>;
  #close!: () => void;
  readonly #reject = new Set<(error: Error) => void>();
  readonly #listeners = new Map<string, Set<(params: never) => void>>();
  readonly #waiting: (() => void)[] = [];
  #minted = 0;
  #ended = false;

  constructor() {
    this.closed = new Promise((resolve) => (this.#close = resolve));
  }

  mint(kind: string): string {
    return `${kind}:s1.${++this.#minted}`;
  }

  on<M extends NotificationName>(
    method: M,
    listener: (params: NotificationParams<M>) => void,
  ): { dispose: () => void } {
    const listeners = this.#listeners.get(method) ?? new Set();
    this.#listeners.set(method, listeners.add(listener));
    return { dispose: () => void listeners.delete(listener) };
  }

  notify<M extends NotificationName>(method: M, params: NotificationParams<M>): void {
    for (const listener of this.#listeners.get(method) ?? []) listener(params as never);
  }

  // oxlint-disable-next-line typescript/no-explicit-any -- stands for every request
  request(method: string, params: any, signal?: AbortSignal): Promise<any> {
    this.asked.push({ method, params });
    return new Promise((resolve, reject) => {
      if (this.#ended) {
        reject(new PolyprocError("Closed", "closed"));
        return;
      }
      this.#reject.add(reject);
      signal?.addEventListener("abort", () => reject(new PolyprocError("RequestCancelled", "cancelled")));
      Promise.resolve(this.#handlers[method]!(params as never)).then(resolve, reject);
    });
  }

  /** Adds a run of another client. */
  add(run: string, items: readonly unknown[], spec: object = {}, info: Partial<RunInfo> = {}): FakeRun {
    const fake: FakeRun = {
      spec: { target: { command: "true" }, items: items.map((item) => encode(item)), ...spec },
      log: [],
      info: queuedRun(run, items.length, {
        name: "a run",
        target: "true",
        job: `job:r.${this.runs.size + 1}`,
        processes: 2,
        startedAt: 1000 + this.runs.size,
        session: "s9",
        ...info,
      }),
    };
    this.runs.set(run, fake);
    return fake;
  }

  change(run: string, ...entries: RunEntry[]): void {
    this.runs.get(run)!.log.push(...entries);
    this.#wake();
  }

  end(run: string): void {
    const fake = this.runs.get(run)!;
    const count = (state: string) =>
      new Set(fake.log.filter((entry) => entry.state === state).map(({ index }) => index)).size;
    fake.info = { ...fake.info, state: "done", endedAt: 2000, queued: 0, done: count("done"), failed: count("failed") };
    this.#wake();
  }

  close(): void {
    this.#ended = true;
    this.#close();
    for (const reject of this.#reject) reject(new PolyprocError("Closed", "closed"));
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((wake) => this.#waiting.push(wake));
  }

  #find(run: string): FakeRun {
    const found = this.runs.get(run);
    if (!found) throw new PolyprocError("UnknownHandle", `no run ${run}`);
    return found;
  }

  // oxlint-disable-next-line typescript/no-explicit-any -- each knows its own parameters
  readonly #handlers: Record<string, (params: any) => unknown> = {
    "events/watchOutput": () => null,
    "run/start": ({ run, items, ...spec }: { run: string; items: unknown[]; name: string }) => {
      const fake = this.add(run, [], spec, { name: spec.name, total: items.length, queued: items.length });
      fake.spec.items = items;
      return { run: fake.info };
    },
    "run/spec": ({ run }: { run: string }) => this.#find(run).spec,
    "run/read": async ({ run, since, limit }: { run: string; since: number; limit: number }) => {
      await this.#until(
        () =>
          !this.runs.has(run) || this.runs.get(run)!.log.length > since || this.runs.get(run)!.info.endedAt !== null,
      );
      const { log, info } = this.#find(run);
      const latest = new Map<number, RunEntry>();
      for (const entry of log.slice(since, since + limit)) latest.set(entry.index, entry);
      return {
        entries: [...latest.values()],
        next: Math.min(log.length, since + limit),
        ended: info.endedAt !== null && since + limit >= log.length,
      };
    },
    "run/wait": async ({ run }: { run: string }) => {
      await this.#until(() => this.#find(run).info.endedAt !== null);
      return this.#find(run).info;
    },
    "run/cancel": () => ({ cancelled: 1 }),
    "run/output": ({ index }: { index: number }) => ({
      lines: [{ stream: "stdout", text: `of ${index}` }],
      dropped: 0,
    }),
    "run/forget": ({ run }: { run: string }) => {
      this.#find(run);
      this.runs.delete(run);
      return null;
    },
  } satisfies Record<string, Handler>;
}

export class FakeServer implements Server {
  state: ServerState = { kind: "none" };
  readonly address = "unix:/nowhere";
  readonly #listeners = new Set<(state: ServerState) => void>();
  rpc: FakeRpc | null = null;

  onDidChange(listener: (state: ServerState) => void): { dispose: () => void } {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  connect(rpc = new FakeRpc()): FakeRpc {
    this.rpc = rpc;
    this.#set({ kind: "connected", rpc, address: this.address });
    return rpc;
  }

  async lose(): Promise<void> {
    this.rpc!.close();
    await this.rpc!.closed;
    this.rpc = null;
    this.#set({ kind: "lost", detail: "it was killed" });
  }

  ensure(): Promise<Rpc> {
    return Promise.resolve(this.rpc ?? this.connect());
  }

  attach(): Promise<Rpc | null> {
    return Promise.resolve(this.rpc);
  }

  #set(state: ServerState): void {
    this.state = state;
    for (const listener of this.#listeners) listener(state);
  }
}

/** Shows what the test says. */
export class FakeModel implements Model {
  readonly processes = new Map();
  readonly usage = new Map();
  readonly pools = new Map();
  readonly waits = new Map();
  readonly queued = new Map();
  readonly rates = new Map();
  readonly sync = new Map();
  readonly deadlocks = new Map();
  readonly sessions = new Map();
  runs = new Map<string, RunInfo>();
  readonly #listeners = new Set<(parts: ReadonlySet<Part>) => void>();

  show(...runs: RunInfo[]): void {
    this.runs = new Map(runs.map((run) => [run.run, run]));
    for (const listener of this.#listeners) listener(new Set(["runs"]));
  }

  onDidChange(listener: (parts: ReadonlySet<Part>) => void): { dispose: () => void } {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  watchUsage(): { dispose: () => void } {
    return { dispose: () => {} };
  }

  watchWaits(): { dispose: () => void } {
    return { dispose: () => {} };
  }

  dismiss(): void {}
  dismissEnded(): void {}
}
