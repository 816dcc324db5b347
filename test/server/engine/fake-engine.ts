import assert from "node:assert/strict";
import { posix } from "node:path";
import { payloadData } from "../../../protocol/payload.js";
import { Engine } from "../../../server/engine/engine.js";
import type { EngineLimits } from "../../../server/engine/limits.js";
import type { Clusters } from "../../../server/engine/pools/cluster-link.js";
import type { WordPage } from "../../../server/engine/sync/lock-words.js";
import type { OpenRunCache } from "../../../server/engine/runs/run-cache.js";
import type { Session } from "../../../server/engine/session.js";
import type { Spawner } from "../../../server/engine/processes/spawner.js";
import { FakeClock } from "./fake-clock.js";
import { FakePeer } from "./fake-peer.js";
import { FakeMemory } from "./fake-memory.js";
import { FakeTally } from "./fake-tally.js";

/** A whole engine with a fake clock, fake children and fake peers, all moved by the test. */
export class FakeWorld {
  readonly clock = new FakeClock();
  readonly engine: Engine;
  /** In the order in which they were opened. */
  readonly tallies: FakeTally[] = [];
  readonly memories: FakeMemory[] = [];
  /** The page of the words of locks. Null: the server has no native code. */
  words: WordPage | null = null;
  /** Called with each memory before it is used. */
  onMemory: (memory: FakeMemory) => void = () => {};

  /** The outcomes that runs replay. */
  openRunCache: OpenRunCache = () => assert.fail("no run of this test has a cache");

  /** An unexpected exception in the engine fails the test. */
  onFault: (error: unknown) => void = (error) => {
    throw error;
  };

  constructor(limits: Partial<EngineLimits> = {}, spawner: Spawner = fakeSpawner, clusters: Clusters | null = null) {
    this.engine = new Engine({
      clock: this.clock,
      reportFault: (error) => this.onFault(error),
      spawner,
      clusters: Object.assign(clusters ?? { shown: noCluster, open: noCluster, hosts: noCluster, drain: noCluster }, {
        permits: noCluster,
        queue: noCluster,
        hostname: "here",
      }),
      codec: {
        decode: (payload) => payload,
        encode: () => new Uint8Array(),
        toBytes: (payload) => payloadData(payload),
        fromBytes: (pieces) => Buffer.concat(pieces),
      },
      signalNumber: (signal) => (signal === "SIGKILL" ? 9 : 15),
      paths: {
        cwd: "/server",
        resolve: posix.resolve,
        ofModule: (module) => (posix.isAbsolute(module) ? module : null),
      },
      sharesDescriptors: true,
      openTally: () => {
        const tally = new FakeTally();
        this.tallies.push(tally);
        return tally;
      },
      openMemory: (bytes) => {
        const memory = new FakeMemory(bytes);
        this.memories.push(memory);
        this.onMemory(memory);
        return memory;
      },
      openWords: () => this.words,
      openRunCache: (spec) => this.openRunCache(spec),
      openBatch: null,
      instanceId: "instance-1",
      pid: 4000,
      cpuCount: 2,
      runtimeEndings: {},
      warmHosts: 0,
      limits: {
        maxMessageBytes: 64 << 20,
        maxPayloadBytes: 32 << 20,
        maxQueuedBytes: 16 << 20,
        maxBufferedBytes: 8 << 20,
        maxMemoryBytes: 64 << 20,
        outputRingBytes: 1 << 20,
        eventRing: 1000,
        ...limits,
      },
    });
  }

  /** A new client. */
  session(): Session & { readonly peer: FakePeer } {
    const session = this.engine.openSession(new FakePeer()) as Session & { readonly peer: FakePeer };
    session.usesChannels = true;
    return session;
  }
}

function noCluster(): never {
  throw new Error("this test has no cluster");
}

/** Starts nothing. A test replaces what it needs. */
export const fakeSpawner: Spawner = {
  startHost: () => {
    throw new Error("this test has no hosts");
  },
  startCommand: () => {
    throw new Error("this test has no commands");
  },
  openOutputFolder: () => {
    throw new Error("this test has no files");
  },
  usage: () => Promise.resolve([]),
  runtimes: () => [],
  differs: (spec) => spec.env !== undefined,
  openChannel: () => null,
  guardianPid: null,
};
