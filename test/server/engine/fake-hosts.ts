import type { Params } from "../../../protocol/message.js";
import type { Failure, ResultEntry } from "../../../protocol/job.js";
import * as jobs from "../../../protocol/job.js";
import * as workers from "../../../protocol/worker.js";
import type { Payload } from "../../../protocol/schema.js";
import type { Target } from "../../../protocol/target.js";
import type { Engine } from "../../../server/engine/engine.js";
import type { HostRecord } from "../../../server/engine/processes/host.js";
import { Job, type JobOptions } from "../../../server/engine/pools/job.js";
import { listOfAll } from "../../../server/engine/payload-list.js";
import { Pool, type PoolOptions } from "../../../server/engine/pools/pool.js";
import type { Session } from "../../../server/engine/session.js";
import type { ExitStatus, Host, HostEvents, Spawner } from "../../../server/engine/processes/spawner.js";
import type { EngineLimits } from "../../../server/engine/limits.js";
import { fakeSpawner, FakeWorld } from "./fake-engine.js";
import { FakePeer } from "./fake-peer.js";

let nextPid = 100;

/** A worker host whose steps the test makes, one by one. */
export class FakeHost implements Host {
  readonly pid = nextPid++;
  readonly peer = new FakePeer();
  readonly signals: string[] = [];
  readonly #record: HostRecord;
  #packets: (workers.WorkerTask | number)[] = [];
  #seen = 0;
  readonly #loaded = new Set<number>();
  /** Tasks that came in messages. */
  #sent: workers.WorkerTask[] = [];

  constructor(events: HostEvents) {
    this.#record = events as HostRecord;
  }

  readonly reports = null;
  /** For how many packets the channel has room. */
  capacity = 128;
  readonly tasks = {
    write: (tasks: readonly (workers.WorkerTask | number)[]) => {
      const written = tasks.slice(0, this.capacity - this.#packets.length);
      this.#packets.push(...written);
      return written.length;
    },
    takeBack: (max: number) =>
      this.#packets.splice(0, max).map((packet) => (typeof packet === "number" ? packet : packet.seq)),
  };

  get record(): HostRecord {
    return this.#record;
  }

  killIn(): void {}

  readStack(): Promise<never> {
    return Promise.reject(new Error("a fake has no stack"));
  }

  suspend(): void {}

  signalTree(signal: "SIGTERM" | "SIGKILL"): void {
    this.signals.push(signal);
  }

  /** The server has paused its output: it is blocked in a write. */
  paused = false;

  pauseOutput(): void {
    this.paused = true;
  }

  resumeOutput(): void {
    this.paused = false;
  }

  writes(text: string, stream: "stdout" | "stderr" = "stdout"): void {
    this.#record.output(stream, Buffer.from(text));
  }

  /** The host has started and sends `worker/ready`. */
  connect(options: { channels?: boolean } = {}): this {
    this.#record.spawned(this.pid);
    // The record sees a part of its engine; a connection opens its session with the whole.
    const session = (this.#record.engine as Engine).openSession(this.peer, this.#record.process);
    this.#record.connected(session, {
      protocolVersion: "1.0",
      runtime: "node",
      pid: this.pid,
      workerChannels: options.channels ?? true,
    });
    return this;
  }

  /** Tasks that it may begin. */
  get list(): readonly workers.WorkerTask[] {
    const runs = this.peer.received(workers.run);
    for (; this.#seen < runs.length; this.#seen++) this.#sent.push(...runs[this.#seen]!.tasks);
    if (!this.#record.tasks) return this.#sent;
    return this.#packets.map((packet) =>
      typeof packet === "number" ? this.#sent.find((task) => task.seq === packet)! : packet,
    );
  }

  /** Begins its next task as a real host does: by reading a packet. Null if there is none. */
  begin(): workers.WorkerTask | null {
    const [task] = this.list;
    if (!task) return null;
    if (this.#record.tasks) this.#packets.shift();
    this.#sent = this.#sent.filter(({ seq }) => seq > task.seq);
    if (!this.#loaded.has(task.target)) {
      this.#loaded.add(task.target);
      const from = task.from ?? 0;
      this.#record.part({ seq: task.seq, from, count: 0, next: from });
    }
    return task;
  }

  /** Reports the result 1 for each item, or `values`. */
  succeed(task: workers.WorkerTask, values?: Payload): void {
    const from = task.from ?? 0;
    const count = (task.to ?? task.count) - from;
    this.#record.result({
      seq: task.seq,
      from,
      count,
      values: values ?? listOfAll(Array<Payload>(count).fill(new Uint8Array([1]))),
    });
  }

  progresses(task: workers.WorkerTask, fraction: number | null, text = "", item = task.from ?? 0): void {
    this.#record.report({ seq: task.seq, item, fraction, text });
  }

  fail(task: workers.WorkerTask, error: Failure | string = "boom"): void {
    const from = task.from ?? 0;
    this.#record.result({
      seq: task.seq,
      from,
      count: (task.to ?? task.count) - from,
      error: typeof error === "string" ? { code: 1012, message: error } : error,
    });
  }

  /** The process exits, then its connection ends. */
  die(status: ExitStatus = { exitCode: null, signal: "SIGKILL" }): void {
    this.#record.exited(status);
    this.#record.session?.end(true);
  }
}

/** An engine with fake hosts, and the messages that a client of one pool gets. */
export class PoolWorld extends FakeWorld {
  readonly hosts: FakeHost[];
  readonly client: Session & { readonly peer: FakePeer };
  #next = 1;

  constructor(limits: Partial<EngineLimits> = {}) {
    const hosts: FakeHost[] = [];
    const spawner: Spawner = {
      ...fakeSpawner,
      startHost: (_spec, events) => {
        const host = new FakeHost(events);
        hosts.push(host);
        return host;
      },
      runtimes: () => ["node"],
    };
    super(limits, spawner);
    this.hosts = hosts;
    this.client = this.session();
  }

  pool(options: PoolOptions = {}): Pool {
    const handle = `pool:${this.client.id}.${this.#next++}`;
    return this.engine.registry.create(
      this.client,
      handle,
      Pool,
      () => new Pool(this.engine, this.client, handle, options),
    );
  }

  job(pool: Pool, options: Partial<JobOptions> = {}): Job {
    const handle = `job:${this.client.id}.${this.#next++}`;
    const target: Target = { module: "/tasks.js", export: "work" };
    return this.engine.registry.create(
      this.client,
      handle,
      Job,
      () => new Job(handle, pool, this.client, { target, mode: "map", ...options }),
    );
  }

  /** Tasks of one item each, with indexes from `from` on. */
  tasks(count: number, from = 0): Params<typeof jobs.submit>["tasks"] {
    return Array.from({ length: count }, (_, i) => ({ index: from + i, items: new Uint8Array([0x91, 0x01]) }));
  }

  get results(): ResultEntry[] {
    return this.client.peer.received(jobs.results).flatMap((message) => message.results);
  }

  connectAll(): void {
    for (const host of this.hosts) if (!host.record.isReady && !host.record.isOver) host.connect();
  }
}

/** A job in a pool whose workers have connected. `tasks`: a number stands for that many of one item. */
export async function startJob(
  tasks: number | Params<typeof jobs.submit>["tasks"],
  { processes = 1, ...options }: { processes?: number } & Partial<JobOptions> = {},
): Promise<{ world: PoolWorld; job: Job; host: FakeHost }> {
  const world = new PoolWorld();
  const job = world.job(world.pool({ processes }), options);
  job.submit(typeof tasks === "number" ? world.tasks(tasks) : tasks);
  world.connectAll();
  await settle();
  return { world, job, host: world.hosts[0]! };
}

/** Waits until deferred work of this turn has run. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await Promise.resolve();
}

/** Runs the hosts' tasks until none is left. Returns how many tasks each host ran. */
export async function runAll(world: PoolWorld, hosts: readonly FakeHost[] = world.hosts): Promise<number[]> {
  const ran = hosts.map(() => 0);
  for (let progress = true; progress;) {
    progress = false;
    for (const [i, host] of hosts.entries()) {
      const task = host.begin();
      if (!task) continue;
      host.succeed(task);
      ran[i]!++;
      progress = true;
    }
    await settle();
  }
  return ran;
}
