import * as events from "../../../protocol/events.js";
import type { DeadlockInfo, Event, Snapshot, SyncInfo, Topic } from "../../../protocol/events.js";
import type { PoolInfo } from "../../../protocol/pool.js";
import type { ProcessInfo } from "../../../protocol/process.js";
import type { Handle } from "../../../protocol/schema.js";
import { Coalescer } from "./coalescer.js";
import { EventRing } from "./event-ring.js";
import type { RunInfo } from "../../../protocol/run.js";
import type { EngineLimits } from "../limits.js";
import type { Guard } from "../guard.js";
import type { Registry, SharedObject } from "../registry.js";
import { highWaterBytes } from "../peer.js";
import type { Session } from "../session.js";

/** A process, as its subscribers see it. */
export interface WatchedProcess {
  readonly role: ProcessInfo["role"];
  readonly exited: boolean;
  describeProcess(): ProcessInfo;
}

/** A run, as its subscribers see it. */
export interface WatchedRun {
  describeRun(): RunInfo;
}

/** What the log needs of the engine: the present state of everything, for snapshots. */
export interface EventLogDependencies {
  readonly guard: Guard;
  readonly registry: Registry;
  readonly sessions: ReadonlyMap<string, Session>;
  readonly processes: { list(ended: boolean): ProcessInfo[]; running(): Iterable<WatchedProcess> };
  readonly runs: { list(): RunInfo[] };
  readonly waitGraph: { list(): DeadlockInfo[] };
  readonly options: { readonly instanceId: string; readonly limits: Pick<EngineLimits, "eventRing"> };
  pools(): PoolInfo[];
}

/** Changes of locks, queues … are sent this many milliseconds after the first, so that a burst is one message. */
const syncFlushMs = 50;
const poolFlushMs = 100;
const taskFlushMs = 250;
const runFlushMs = 100;
/** Most events in one message. */
const batchSize = 256;

type TaskInfo = Extract<Event, { topic: "task" }>["task"];
/** An event without its `seq`. */
type Change = Event extends infer E ? (E extends Event ? Omit<E, "seq"> : never) : never;

interface Subscriber {
  readonly session: Session;
  readonly topics: ReadonlySet<Topic>;
  readonly stopWatching: () => void;
  /** Position in the ring of the next event for this subscriber. */
  position: number;
  /** Its backlog is too large. It gets events again when it has read. */
  paused: boolean;
}

/**
 * State changes, in order, for subscribers. A subscriber that reads too slowly gets a snapshot instead of the changes
 * that it missed, so a slow subscriber costs no memory. Topics without subscribers cost almost nothing.
 */
export class EventLog {
  readonly #engine: EventLogDependencies;
  readonly #ring: EventRing;
  readonly #subscribers = new Map<Session, Subscriber>();
  readonly #followers = zeroForEachTopic();
  /** `seq` of each topic's last change that was not recorded, because the topic had no subscribers. */
  readonly #unrecorded = zeroForEachTopic();
  readonly #dirtySync: Coalescer<SharedObject, "changed" | "gone">;
  readonly #dirtyPools: Coalescer<Handle, PoolInfo>;
  /** Workers whose task has changed. */
  readonly #dirtyTasks: Coalescer<WatchedProcess, true>;
  readonly #dirtyRuns: Coalescer<WatchedRun, "changed" | "gone">;
  #seq = 0;
  #scheduled = false;
  /** Called when a subscriber follows locks, queues … */
  onSyncFollowed: () => void = () => {};

  constructor(engine: EventLogDependencies) {
    this.#engine = engine;
    this.#ring = new EventRing(engine.options.limits.eventRing);
    this.#dirtySync = new Coalescer(engine.guard, syncFlushMs, (objects) => {
      for (const [object, state] of objects) this.#recordSync(object, state === "gone");
    });
    this.#dirtyPools = new Coalescer(engine.guard, poolFlushMs, (pools) => {
      for (const pool of pools.values()) this.#record({ topic: "pool", pool });
    });
    this.#dirtyTasks = new Coalescer(engine.guard, taskFlushMs, (processes) => {
      // The end of one that has ended was told, and is the last that is.
      for (const process of processes.keys()) if (!process.exited) this.publishProcess(process.describeProcess());
    });
    this.#dirtyRuns = new Coalescer(engine.guard, runFlushMs, (runs) => {
      for (const [run, state] of runs)
        this.#record({ topic: "run", run: run.describeRun(), ...(state === "gone" ? { gone: true } : {}) });
    });
  }

  get followsSync(): boolean {
    return this.#followers.sync > 0;
  }

  /** A lock, queue … was made, changed or ended. Cheap enough for every acquire and release. */
  syncChanged(object: SharedObject, gone: boolean): void {
    if (this.#followers.sync === 0) this.#unrecorded.sync = ++this.#seq;
    else if (object.describe)
      this.#dirtySync.set(object, gone || this.#dirtySync.get(object) === "gone" ? "gone" : "changed");
  }

  publishProcess(process: ProcessInfo): void {
    this.#record({ topic: "process", process });
  }

  /**
   * A process began or ended a task, or reported its progress. Cheap enough for every task. Sent at most every 250 ms
   * for each process, and always with the last state.
   */
  taskChanged(process: WatchedProcess): void {
    if (this.#followers.process > 0) this.#dirtyTasks.set(process, true);
  }

  /** Sent at most every 100 ms for each pool, and always with the last state. */
  publishPool(info: () => PoolInfo): void {
    if (this.#followers.pool === 0) this.#unrecorded.pool = ++this.#seq;
    else {
      const pool = info();
      this.#dirtyPools.set(pool.pool, pool);
    }
  }

  /** A run was started, changed or forgotten. Cheap enough for every item. Sent as often as pools are. */
  runChanged(run: WatchedRun, gone: boolean): void {
    if (this.#followers.run === 0) this.#unrecorded.run = ++this.#seq;
    else this.#dirtyRuns.set(run, gone ? "gone" : "changed");
  }

  /** A session was opened, renamed or has ended. */
  publishSession(session: Session, gone = false): void {
    if (this.#followers.session === 0) this.#unrecorded.session = ++this.#seq;
    else this.#record({ topic: "session", session: session.describeSession(), ...(gone ? { gone } : {}) });
  }

  publishTask(info: () => TaskInfo): void {
    if (this.#followers.task === 0) this.#unrecorded.task = ++this.#seq;
    else this.#record({ topic: "task", task: info() });
  }

  publishDeadlock(deadlock: DeadlockInfo, resolved: boolean): void {
    this.#record({ topic: "deadlock", deadlock, resolved });
  }

  /** The answer has a `seq`; the changes after it follow as events. */
  subscribe(
    session: Session,
    topics: readonly Topic[],
    sinceSeq?: number,
    instanceId?: string,
  ): { instanceId: string; seq: number; snapshot: Snapshot | null } {
    const followed = new Set(topics);
    const current = this.#engine.options.instanceId;
    const resumed = sinceSeq !== undefined && instanceId === current ? this.#resume(followed, sinceSeq) : null;
    this.unsubscribe(session);
    for (const topic of followed) this.#followers[topic]++;
    this.#subscribers.set(session, {
      session,
      topics: followed,
      stopWatching: session.onEnd(() => this.unsubscribe(session)),
      position: resumed ?? this.#ring.end,
      paused: false,
    });
    if (followed.has("sync")) this.onSyncFollowed();
    if (resumed !== null && sinceSeq !== undefined) {
      if (followed.has("process")) this.#catchUpTasks();
      this.#schedule();
      return { instanceId: current, seq: sinceSeq, snapshot: null };
    }
    return { instanceId: current, seq: this.#seq, snapshot: this.#snapshot(followed) };
  }

  unsubscribe(session: Session): void {
    const subscriber = this.#subscribers.get(session);
    if (!subscriber) return;
    this.#subscribers.delete(session);
    subscriber.stopWatching();
    for (const topic of subscriber.topics) this.#followers[topic]--;
    // Changes that were collected without subscribers are not sent. A later `sinceSeq` from before them must get a
    // snapshot.
    if (subscriber.topics.has("sync") && this.#followers.sync === 0) {
      this.#dirtySync.clear();
      this.#unrecorded.sync = ++this.#seq;
    }
    if (this.#followers.process === 0) this.#dirtyTasks.clear();
    if (subscriber.topics.has("pool") && this.#followers.pool === 0) {
      this.#dirtyPools.clear();
      this.#unrecorded.pool = ++this.#seq;
    }
    if (subscriber.topics.has("run") && this.#followers.run === 0) {
      this.#dirtyRuns.clear();
      this.#unrecorded.run = ++this.#seq;
    }
  }

  /** All locks, semaphores, events, conditions, barriers, queues and pipes. */
  sync(): SyncInfo[] {
    const infos: SyncInfo[] = [];
    for (const object of this.#engine.registry.objects()) if (object.describe) infos.push(object.describe());
    return infos;
  }

  #snapshot(topics: ReadonlySet<Topic>): Snapshot {
    const engine = this.#engine;
    return {
      seq: this.#seq,
      processes: topics.has("process") ? engine.processes.list(false) : [],
      pools: topics.has("pool") ? engine.pools() : [],
      sync: topics.has("sync") ? this.sync() : [],
      deadlocks: topics.has("deadlock") ? engine.waitGraph.list() : [],
      runs: topics.has("run") ? engine.runs.list() : [],
      sessions: topics.has("session")
        ? Array.from(engine.sessions.values(), (session) => session.describeSession())
        : [],
    };
  }

  #resume(topics: ReadonlySet<Topic>, sinceSeq: number): number | null {
    if (sinceSeq > this.#seq) return null;
    for (const topic of topics) if (this.#unrecorded[topic] > sinceSeq) return null;
    return this.#ring.after(sinceSeq);
  }

  /** Without subscribers, changes of tasks are not recorded. So a subscriber that returns gets the present tasks. */
  #catchUpTasks(): void {
    for (const process of this.#engine.processes.running())
      if (process.role !== "host") this.#dirtyTasks.set(process, true);
  }

  #recordSync(object: SharedObject, gone: boolean): void {
    const sync = object.describe?.();
    if (!sync) return;
    this.#record(gone ? { topic: "sync", sync, gone } : { topic: "sync", sync });
  }

  #record(change: Change): void {
    this.#ring.push({ ...change, seq: ++this.#seq });
    if (this.#followers[change.topic] > 0) this.#schedule();
  }

  /** Sends later: after the answer to `subscribe`, together with all changes of this turn. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const { guard } = this.#engine;
    guard.after(0, null, () => {
      this.#scheduled = false;
      for (const subscriber of [...this.#subscribers.values()])
        guard.run(subscriber.session, () => this.#pump(subscriber));
    });
  }

  #pump(subscriber: Subscriber): void {
    const { session, topics } = subscriber;
    while (!subscriber.paused && subscriber.position < this.#ring.end) {
      if (session.peer.backlogBytes() >= highWaterBytes) {
        subscriber.paused = true;
        this.#engine.guard.whenRead(session.peer, session, () => {
          subscriber.paused = false;
          if (this.#subscribers.get(session) === subscriber) this.#pump(subscriber);
        });
        return;
      }
      if (subscriber.position < this.#ring.start) {
        subscriber.position = this.#ring.end;
        session.peer.notify(events.reset, { snapshot: this.#snapshot(topics) });
        return;
      }
      const batch: Event[] = [];
      while (subscriber.position < this.#ring.end && batch.length < batchSize) {
        const event = this.#ring.at(subscriber.position++);
        if (event && topics.has(event.topic)) batch.push(event);
      }
      if (batch.length > 0) session.peer.notify(events.changed, { events: batch });
    }
  }
}

function zeroForEachTopic(): Record<Topic, number> {
  return { process: 0, pool: 0, task: 0, sync: 0, deadlock: 0, run: 0, session: 0 };
}
