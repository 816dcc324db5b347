import type { PoolInfo } from "../../protocol/pool.js";
import type { Clock } from "./clock.js";
import { Budget } from "./budget.js";
import { BatchHost } from "./batch/batch-host.js";
import type { BatchStore } from "./batch/batch-store.js";
import { EventLog } from "./watch/event-log.js";
import { Guard } from "./guard.js";
import type { EngineLimits } from "./limits.js";
import { HostCache } from "./processes/host-cache.js";
import { OutputFolders } from "./processes/output-folders.js";
import { OutputHub } from "./processes/output.js";
import type { Clusters } from "./pools/cluster-link.js";
import { BlockTable } from "./bypass/block-table.js";
import { ChannelTable } from "./bypass/pipe-channel.js";
import type { Pool } from "./pools/pool.js";
import { ProcessTable } from "./processes/process-table.js";
import { Registry } from "./registry.js";
import type { OpenRunCache } from "./runs/run-cache.js";
import { RunTable } from "./runs/run-table.js";
import type { Peer } from "./peer.js";
import { Session } from "./session.js";
import type { PayloadCodec } from "./payload-codec.js";
import type { ProcessRecord } from "./processes/process.js";
import type { SignalNumber, Spawner } from "./processes/spawner.js";
import type { Tally } from "./bypass/tally.js";
import type { MemoryFile, OpenMemory } from "./bypass/memory-file.js";
import type { RuntimeOptions } from "./processes/runtime.js";
import type { FilePaths } from "./processes/target-source.js";
import type { QueueClusters } from "./streams/queue-link.js";
import type { PermitClusters } from "./sync/permit-link.js";
import { LockWords, type WordPage } from "./sync/lock-words.js";
import { WaitGraph } from "./sync/wait-graph.js";

export interface EngineOptions extends RuntimeOptions {
  clock: Clock;
  /** Called with each unexpected exception. */
  reportFault: (error: unknown) => void;
  spawner: Spawner;
  clusters: Clusters & PermitClusters & QueueClusters;
  codec: PayloadCodec;
  signalNumber: SignalNumber;
  paths: FilePaths;
  /** Other processes of this machine can open descriptors of this one: channels and counters need that. */
  sharesDescriptors: boolean;
  /** Null if it cannot be made now, or the platform has none. */
  openTally: () => Tally | null;
  openMemory: OpenMemory;
  /** The page of the words of locks. Null: there is none here, so all locks are taken by messages. */
  openWords: () => WordPage | null;
  /** The outcomes that a run with a cache replays, and where it keeps its own. */
  openRunCache: OpenRunCache;
  /** Opens the files of the batch queue for this server alone, or throws BadState. Null: it hosts none. */
  openBatch: (() => BatchStore) | null;
  instanceId: string;
  /** The server's pid: shown as the parent of the processes of runs. */
  pid: number;
  cpuCount: number;
  limits: EngineLimits;
  /** How many idle hosts of a runtime to keep warm for `start()`. */
  warmHosts: number;
}

/** All state and rules of the server. It does no I/O: the clock, the spawner and the peers are injected. */
export class Engine {
  readonly options: EngineOptions;
  readonly clock: Clock;
  readonly budget: Budget;
  readonly guard: Guard;
  readonly registry: Registry;
  /** Pools that have work or workers, or may get some: all but those that are closed or terminated and gone. */
  readonly livePools = new Set<Pool>();
  readonly sessions = new Map<string, Session>();
  readonly waitGraph: WaitGraph;
  readonly events: EventLog;
  readonly output: OutputHub;
  readonly outputFolders: OutputFolders;
  readonly processes: ProcessTable;
  readonly hosts: HostCache;
  readonly runs: RunTable;
  readonly batch: BatchHost;
  readonly channels: ChannelTable;
  readonly blocks: BlockTable;
  readonly lockWords: LockWords;
  #probe: MemoryFile | null | undefined;

  /** A file of memory that peers open to learn whether they can open the server's memory. Null if there is none. */
  get memoryProbe(): MemoryFile | null {
    return (this.#probe ??= this.options.openMemory(1, true));
  }

  /** The server has ended. */
  closeMemory(): void {
    this.#probe?.close();
    this.lockWords.close();
  }

  /** The server is ending: pools begin no more tasks. Pending requests are dropped. */
  ending = false;
  /** Called when a session has ended and everything that it held has been released. */
  onSessionEnded: (session: Session) => void = () => {};
  #nextSession = 1;

  constructor(options: EngineOptions) {
    this.options = options;
    this.clock = options.clock;
    this.guard = new Guard(options.clock, options.reportFault);
    this.registry = new Registry(this.guard);
    this.budget = new Budget(options.limits.maxMemoryBytes, this.guard);
    this.events = new EventLog(this);
    this.output = new OutputHub(this);
    this.waitGraph = new WaitGraph(this);
    this.outputFolders = new OutputFolders(options.spawner);
    this.processes = new ProcessTable(this);
    this.hosts = new HostCache(this);
    this.runs = new RunTable(this);
    this.blocks = new BlockTable(this.guard);
    this.batch = new BatchHost(this);
    this.lockWords = new LockWords(this);
    this.events.onSyncFollowed = this.lockWords.followed;
    this.channels = new ChannelTable(() => options.spawner.openChannel());
    this.registry.onChange = (object, gone) => this.events.syncChanged(object, gone);
  }

  openSession(peer: Peer, process: ProcessRecord | null = null): Session {
    const session = new Session(this, `s${this.#nextSession++}`, peer, process);
    this.sessions.set(session.id, session);
    return session;
  }

  pools(): PoolInfo[] {
    return [...this.livePools].map((pool) => pool.describePool());
  }

  /** Called by the session when everything that it held has been released. */
  sessionEnded(session: Session): void {
    if (this.sessions.delete(session.id)) this.events.publishSession(session, true);
    this.processes.orphan(session);
    this.waitGraph.partyGone();
    this.onSessionEnded(session);
  }
}
