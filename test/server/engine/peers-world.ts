import assert from "node:assert/strict";
import type { PolyprocError } from "../../../protocol/errors.js";
import {
  asks,
  cellLength,
  cellsAt,
  depthIn,
  lastSession,
  pageBytes,
  partyOf,
  takenIn,
  wordIn,
} from "../../../protocol/lock-words.js";
import * as workers from "../../../protocol/worker.js";
import type { HostRecord } from "../../../server/engine/processes/host.js";
import type {
  Child,
  ChildEvents,
  ExitStatus,
  Host,
  HostEvents,
  Spawner,
} from "../../../server/engine/processes/spawner.js";
import { Connection, type Access } from "../../../server/handlers/connection.js";
import { fakeSpawner, FakeWorld } from "./fake-engine.js";
import { settle } from "./fake-hosts.js";
import { FakePeer } from "./fake-peer.js";
import { serverFacts } from "../handlers/server-facts.js";

/** A peer whose connection ends when the server closes it, as with a real door. */
class ConnectedPeer extends FakePeer {
  connection!: Connection;
  open = true;

  override close(error?: PolyprocError): void {
    super.close(error);
    this.leave(error);
  }

  leave(error?: PolyprocError): void {
    if (!this.open) return;
    this.open = false;
    this.connection.closed(error);
  }
}

/** A client or worker host that calls the handlers directly, without a connection. */
export class Speaker {
  readonly peer = new ConnectedPeer();
  /** Requests without an answer yet. */
  readonly open = new Set<number>();
  session = "";
  /** Its number in words; 0 before it has asked for the page. */
  number = 0;
  /** The cells of locks that it has acquired. */
  readonly cells = new Map<string, number>();
  #nextId = 1;

  constructor(world: PeersWorld, access: Access) {
    this.peer.connection = new Connection({ engine: world.engine, server: serverFacts }, this.peer, access);
  }

  ask(method: string, params: object): void {
    if (!this.peer.open) return;
    const id = this.#nextId++;
    this.open.add(id);
    this.peer.connection.request(id, method, params, (_error, result) => {
      assert.ok(this.open.delete(id), `${method} was answered twice`);
      if (method === "initialize" || method === "worker/ready")
        this.session = (result as { session?: string } | undefined)?.session ?? "";
      const { words, cell } = (result ?? {}) as { words?: { number: number }; cell?: number };
      if (words) this.number = words.number;
      if (cell !== undefined) this.cells.set((params as { lock: string }).lock, cell);
    });
  }

  tell(method: string, params: object): void {
    if (this.peer.open) this.peer.connection.notify(method, params);
  }

  cancel(pick: number): void {
    const ids = [...this.open];
    if (ids.length > 0) this.tell("$/cancelRequest", { id: ids[pick % ids.length] });
  }
}

/** A worker host or a command. The test makes its steps, in any order. */
export class FakeChild implements Host {
  pid: number | null = null;
  state: "starting" | "running" | "exited" = "starting";
  readonly events: ChildEvents;
  /** `seq` of the packets in its task channel. */
  readonly packets: number[] = [];
  #written: workers.WorkerTask[] = [];
  readonly isHost: boolean;
  condemned = false;
  speaker: Speaker | null = null;
  /** For how many packets the task channel has room. */
  capacity = 128;
  readonly reports = null;
  readonly tasks = {
    write: (tasks: readonly (workers.WorkerTask | number)[]) => {
      const written = tasks.slice(0, Math.max(0, this.capacity - this.packets.length));
      for (const task of written) {
        if (typeof task !== "number") this.#written.push(task);
        this.packets.push(typeof task === "number" ? task : task.seq);
      }
      return written.length;
    },
    takeBack: (max: number) => this.packets.splice(0, max),
  };
  readonly #world: PeersWorld;

  constructor(world: PeersWorld, events: ChildEvents, isHost: boolean) {
    this.#world = world;
    this.events = events;
    this.isHost = isHost;
  }

  killIn(): void {}

  readStack(): Promise<never> {
    return Promise.reject(new Error("a fake has no stack"));
  }

  suspend(): void {}

  signalTree(): void {
    this.condemned = true;
  }

  pauseOutput(): void {}

  resumeOutput(): void {}

  start(): void {
    if (this.state !== "starting") return;
    this.state = "running";
    this.pid = this.#world.nextPid++;
    this.events.spawned(this.pid);
    if (this.isHost) this.speaker = new Speaker(this.#world, { kind: "worker", host: this.events as HostRecord });
  }

  fail(error: PolyprocError): void {
    if (this.state !== "starting") return;
    this.state = "exited";
    this.events.failed(error);
  }

  exit(status: ExitStatus): void {
    if (this.state !== "running") return;
    this.state = "exited";
    this.events.exited(status);
  }

  /** Tasks that it was given. */
  get given(): workers.WorkerTask[] {
    return [...this.#written, ...(this.speaker?.peer.received(workers.run).flatMap((run) => run.tasks) ?? [])];
  }
}

/** An engine whose clients and children act at random. */
export class PeersWorld extends FakeWorld {
  readonly clients: Speaker[] = [];
  readonly children: FakeChild[];
  readonly faults: unknown[] = [];
  nextPid = 100;

  constructor() {
    const children: FakeChild[] = [];
    const make = (events: ChildEvents, isHost: boolean): FakeChild => {
      const child = new FakeChild(this, events, isHost);
      children.push(child);
      return child;
    };
    const spawner: Spawner = {
      ...fakeSpawner,
      startHost: (_spec, events: HostEvents) => make(events, true),
      startCommand: (_spec, events): Child => make(events, false),
      runtimes: () => ["node"],
    };
    super({ maxQueuedBytes: 40, maxBufferedBytes: 40 }, spawner);
    this.children = children;
    this.words = { path: "/words", inode: "1:1", words: new Int32Array(pageBytes / 4), close: () => {} };
    this.onFault = (error) => void this.faults.push(error);
  }

  client(i: number): Speaker {
    const existing = this.clients[i];
    if (existing?.peer.open) return existing;
    const fresh = new Speaker(this, { kind: "client", checkToken: null });
    this.clients[i] = fresh;
    fresh.ask("initialize", {});
    return fresh;
  }

  /** A client takes, deepens or releases a lock by its word, as the bindings do. */
  useWord({ client, lock, owner, what }: { client: number; lock: string; owner: number; what: string }): void {
    const speaker = this.client(client);
    const cell = speaker.cells.get(lock);
    if (cell === undefined || !this.words) return;
    const { words } = this.words;
    const at = cellsAt + cell * cellLength;
    const me = partyOf(speaker.number, owner);
    const recursive = lock.startsWith("rlock:");
    if (what === "garbage") {
      words[at + wordIn] = partyOf(lastSession, owner);
    } else if (what !== "release") {
      if (words[at + wordIn] === 0) {
        words[at + wordIn] = me;
        if (what === "take") words[at + takenIn]! += 1;
        else speaker.peer.leave();
      } else if (recursive && (words[at + wordIn]! & ~asks) === me) words[at + depthIn]! += 1;
    } else if (recursive && (words[at + wordIn]! & ~asks) === me && words[at + depthIn]! > 0) words[at + depthIn]! -= 1;
    else if (words[at + wordIn] === me) words[at + wordIn] = 0;
    else speaker.ask("lock/release", { lock, owner: owner === 0 ? "" : `p${owner}` });
  }

  /** Checks what must hold at any time. */
  check(): void {
    if (this.faults.length > 0) throw this.faults[0];
    const count = (whose: string, counts: Record<string, number>) => {
      for (const [what, value] of Object.entries(counts)) assert.ok(value >= 0, `${whose} ${what}: ${value}`);
    };
    for (const { pool, queued, busy, workers, done, failed } of this.engine.pools()) {
      count(pool, { queued, busy, workers, done, failed });
    }
    for (const { run, total, queued, running, done, failed, cancelled } of this.engine.runs.list()) {
      count(run, { queued, running, done, failed, cancelled });
      assert.equal(queued + running + done + failed + cancelled, total, `${run}: each item is counted once`);
    }
    for (const session of this.engine.sessions.values()) {
      const { queuedBytes, pendingSubmitBytes, heldBackBytes } = session;
      count(session.id, { queuedBytes, pendingSubmitBytes, heldBackBytes });
    }
    const { usedBytes, keptBytes } = this.engine.budget;
    count("budget", { usedBytes, keptBytes });
  }

  get #isEmpty(): boolean {
    const { sessions, processes, livePools, runs } = this.engine;
    return sessions.size === 0 && processes.runningCount === 0 && livePools.size === 0 && runs.active === 0;
  }

  /** Ends all clients and children, then checks that nothing is left. */
  async end(): Promise<void> {
    for (const client of this.clients) {
      client?.peer.leave();
      // Those that are left are told of what is gone.
      this.clock.advance(100);
    }
    for (const { run } of this.engine.runs.list()) this.engine.runs.get(run).cancel({ graceMs: 0 });
    // Each round, a child that ends may free a slot for another one.
    for (let round = 0; round < 40 && !this.#isEmpty; round++) {
      await settle();
      this.clock.advance(20_000);
      for (const child of this.children) {
        child.start();
        child.exit({ exitCode: null, signal: "SIGKILL" });
        child.speaker?.peer.leave();
      }
      await settle();
    }
    this.check();
    for (const { run, endedAt } of this.engine.runs.list()) {
      assert.ok(endedAt !== null, `${run} never ends`);
      this.engine.runs.forget(run);
    }
    assert.deepEqual([...this.engine.sessions.keys()], [], "sessions");
    assert.deepEqual(this.engine.pools(), [], "pools");
    assert.deepEqual(this.engine.processes.list(false), [], "processes");
    assert.deepEqual(
      Array.from(this.engine.registry.objects(), (object) => object.handle),
      [],
      "objects",
    );
    // The server remembers the output of ended processes, for later requests.
    assert.equal(this.engine.budget.usedBytes - this.engine.budget.server.bytes, 0, "bytes held for peers");
  }
}
