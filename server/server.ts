import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { Duplex } from "node:stream";
import { PolyprocError } from "../protocol/errors.js";
import { formatAddress, type Address } from "./address.js";
import type { ServerArguments } from "./arguments.js";
import { batchFolder, openBatch } from "./batch/open-batch.js";
import { systemClock } from "./clock.js";
import type { Agent, AgentOptions } from "./cluster/agent.js";
import { ClusterTable } from "./cluster/clusters.js";
import { takeClusterPassword } from "./cluster-password.js";
import { collectGarbage } from "./collect-garbage.js";
import { configurationFile, readConfiguration, unusedConfiguration, type Configuration } from "./configuration.js";
import { readToTheEnd } from "./deaf-peer.js";
import { Doors } from "./doors.js";
import type { Timer } from "./engine/clock.js";
import { Engine } from "./engine/engine.js";
import { PackRunner } from "./engine/pools/pack-runner.js";
import type { HostRecord } from "./engine/processes/host.js";
import type { Hub } from "./handlers/connection.js";
import { reportFault } from "./handlers/server-fault.js";
import { tellPeople } from "./handlers/standard-error.js";
import { filePaths } from "./file-paths.js";
import type { DirectIntake } from "./ipc/framing/direct-intake.js";
import { serveFrames } from "./ipc/serve-frames.js";
import { listen, type Listener, type TlsFiles } from "./listen.js";
import { ownMemory } from "./own-memory.js";
import { OutcomeCaches } from "./outcomes/outcome-caches.js";
import { createSpawner, type OsSpawner } from "./os/spawner.js";
import { signalNumber } from "./os/signals.js";
import { letGoOfStandardStreams } from "./os/standard-streams.js";
import { openMemoryFile } from "./os/bypass/memory-file.js";
import { sharesDescriptors } from "./os/bypass/descriptor-path.js";
import { openTally } from "./os/bypass/tally.js";
import { openWords } from "./os/bypass/words.js";
import { protocolDocuments } from "./protocol-documents.js";
import { payloadCodec } from "./payload-codec.js";
import { interpreterFinder } from "./interpreters.js";
import { isPythonChosen, runtimeCommands, runtimeEndings } from "./runtimes.js";
import { loadToken, tokenCheck, type TokenCheck } from "./token.js";
import { UsageError } from "./usage-error.js";
import { version } from "./version.js";

/** At the end of the server: milliseconds between SIGTERM and SIGKILL for the children. */
const childGraceMs = 1000;
/** At the end of the server: milliseconds in which clients can read their last messages. */
const clientGraceMs = 500;

/** An inherited socket, which speaks frames. */
export interface OwnerSocket {
  socket: Duplex;
  intake: DirectIntake;
}

/** The engine, its children and its doors. */
export class PolyprocServer {
  readonly #hub: Hub;
  readonly #spawner: OsSpawner;
  readonly #doors: Doors;
  readonly #stopCollecting: () => void;
  readonly #clusters: ClusterTable;
  readonly #caches = new OutcomeCaches();
  readonly #listeners: Listener[];
  readonly #idleTimeoutMs: number | null;
  /** The client that started this server for itself, and whether it has disconnected. */
  #owner: Duplex | undefined;
  #ownerGone = false;
  #idleTimer: Timer | undefined;
  /** Milliseconds without a client after which the server ends, even if children run; null: no limit. */
  #aloneMs: number | null = null;
  #aloneTimer: Timer | undefined;
  #stopped: Promise<void> | undefined;
  /** Called once, when the server has ended. */
  onStopped: () => void = () => {};

  private constructor(options: ServerArguments, configuration: Configuration, listeners: Listener[]) {
    this.#listeners = listeners;
    this.#idleTimeoutMs = options.idleTimeoutMs;
    this.#clusters = new ClusterTable(takeClusterPassword(), tellPeople);
    const instanceId = randomBytes(12).toString("hex");
    const runtimes = runtimeCommands(configuration.runtimes, options.runtimes, options.nodeOptions);
    this.#spawner = createSpawner({
      instanceId,
      runtimes,
      childEnv: childEnvironment(listeners),
      tellPeople,
      onHostConnection: (socket, events, host) => {
        readToTheEnd(socket);
        const { reports } = host;
        serveFrames(socket, this.#hub, { kind: "worker", host: events as HostRecord }, reports ? { reports } : {});
      },
    });
    const engine = new Engine({
      clock: systemClock,
      reportFault,
      spawner: this.#spawner,
      codec: payloadCodec,
      clusters: this.#clusters,
      signalNumber,
      paths: filePaths,
      sharesDescriptors,
      openTally: () => openTally(),
      openWords: () => openWords(),
      openMemory: (bytes, inMemory) => openMemoryFile(bytes, { inMemory }),
      openRunCache: (spec) => this.#caches.open(spec),
      openBatch: options.queue ? () => openBatch(batchFolder(), this.addresses()[0] ?? null, instanceId) : null,
      instanceId,
      pid: process.pid,
      cpuCount: options.cpuCount,
      limits: {
        maxMessageBytes: options.maxMessageBytes,
        maxPayloadBytes: options.maxPayloadBytes,
        maxQueuedBytes: options.maxQueuedBytes,
        maxBufferedBytes: options.maxBufferedBytes,
        maxMemoryBytes: options.maxMemoryBytes,
        outputRingBytes: 256 * 1024,
        eventRing: 10_000,
      },
      runtimeEndings: runtimeEndings(configuration.runtimes),
      interpreterFor: interpreterFinder(isPythonChosen(configuration.runtimes, options.runtimes)),
      programOf: (runtime) => runtimes[runtime]?.command,
      warmHosts: options.warmHosts,
    });
    this.#hub = {
      engine,
      server: {
        version,
        pid: process.pid,
        startedAt: performance.now(),
        addresses: () => this.addresses(),
        memory: ownMemory(),
        protocol: protocolDocuments,
        // Later, so that the answer to the request is sent first.
        stop: () => setImmediate(() => void this.stop()),
        stopWhenAlone: (ms) => this.#stopWhenAlone(ms),
      },
    };
    this.#stopCollecting = collectGarbage(engine.budget);
    this.#doors = new Doors(this.#hub);
    this.#doors.onClosed = (socket) => {
      if (socket === this.#owner) this.#ownerLeft();
      this.#checkAlone();
    };
    engine.processes.onExited(() => this.#checkAlone());
    engine.runs.onEnded(() => this.#checkAlone());
  }

  /** Listens on every address. Fails with UsageError, leaving nothing behind. */
  static async start(options: ServerArguments): Promise<PolyprocServer> {
    const file = configurationFile(options.config);
    const unused = file === null ? unusedConfiguration(process.cwd()) : null;
    if (unused !== null) tellPeople(unused);
    const configuration = readConfiguration(file, process.cwd());
    const check = options.listen.some(({ kind }) => kind !== "unix") ? tokenOf(options) : null;
    const tls: TlsFiles | null =
      options.tlsCert !== null && options.tlsKey !== null ? { cert: options.tlsCert, key: options.tlsKey } : null;
    const listeners: Listener[] = [];
    try {
      for (const address of options.listen) listeners.push(await listen(address, tls));
    } catch (error) {
      await Promise.all(listeners.map((listener) => listener.close()));
      throw error;
    }
    const server = new PolyprocServer(options, configuration, listeners);
    if (options.queue && existsSync(batchFolder())) server.#openQueue();
    for (const listener of listeners) {
      const checkToken = listener.address.kind === "unix" ? null : check;
      listener.serve((socket) => server.#accept(socket, checkToken));
    }
    server.#checkAlone();
    return server;
  }

  addresses(): string[] {
    return this.#listeners.map(({ address }) => formatAddress(address));
  }

  /**
   * Serves the client that started this server. The server ends with this client, or with the last child that outlives
   * it.
   */
  servePrivately(client: OwnerSocket | "stdio"): void {
    if (client === "stdio") {
      this.#owner = Duplex.from({ readable: process.stdin, writable: process.stdout });
      this.#accept(this.#owner, null, false);
    } else {
      this.#owner = client.socket;
      this.#doors.acceptOwner(client.socket, client.intake);
    }
  }

  /** Takes work from a cluster. Fails with PolyprocError. */
  async joinCluster(options: AgentOptions): Promise<Agent> {
    this.#clusters.joined(options.address);
    const { Agent } = await import("./cluster/agent.js");
    return Agent.start(options, new PackRunner(this.#hub.engine, options.slots), tellPeople);
  }

  /**
   * Goes on with the entries of the batch queue. Another server may have it. A user without a queue gets its folder
   * with the first entry.
   */
  #openQueue(): void {
    try {
      this.#hub.engine.batch.queue();
    } catch (error) {
      if (!(error instanceof PolyprocError)) throw error;
      tellPeople(error.message);
    }
  }

  /** Ends children and connections. */
  stop(): Promise<void> {
    return (this.#stopped ??= this.#stop());
  }

  async #stop(): Promise<void> {
    this.#idleTimer?.cancel();
    this.#aloneTimer?.cancel();
    this.#stopCollecting();
    const unlistened = this.#listeners.map((listener) => listener.close());
    this.#hub.engine.ending = true;
    this.#hub.engine.processes.dismissAll();
    this.#hub.engine.hosts.close();
    await Promise.all([this.#clusters.end(), this.#spawner.dispose(childGraceMs)]);
    this.#hub.engine.lockWords.leaveAll();
    await this.#doors.end(new PolyprocError("ShuttingDown", "the server is ending"), clientGraceMs);
    await Promise.all([
      ...unlistened,
      this.#clusters.endShared(),
      this.#hub.engine.batch.close(),
      this.#caches.close(),
    ]);
    this.#hub.engine.closeMemory();
    this.onStopped();
  }

  #accept(socket: Duplex, checkToken: TokenCheck | null, stranger = true): void {
    this.#idleTimer?.cancel();
    this.#idleTimer = undefined;
    this.#aloneTimer?.cancel();
    this.#aloneTimer = undefined;
    this.#doors.accept(socket, checkToken, stranger);
  }

  #stopWhenAlone(ms: number | null): void {
    this.#aloneMs = ms;
    this.#aloneTimer?.cancel();
    this.#aloneTimer = undefined;
    this.#checkAlone();
  }

  /**
   * The client has gone and a child goes on: the server releases what it held for the client, its warm hosts and its
   * standard streams.
   */
  #ownerLeft(): void {
    this.#ownerGone = true;
    this.#hub.engine.hosts.close();
    letGoOfStandardStreams();
  }

  #checkAlone(): void {
    if (this.#stopped) return;
    const { processes, runs, batch } = this.#hub.engine;
    const isAlone = this.#doors.size === 0;
    if (isAlone && this.#aloneMs !== null)
      this.#aloneTimer ??= systemClock.setTimer(this.#aloneMs, () => void this.stop());
    // A server that does not listen gets no further client, so the outcomes of the client's runs could never be read.
    const isUnreachable = this.#ownerGone && this.#listeners.length === 0;
    if (processes.hasNonDaemonic() || (runs.active > 0 && !isUnreachable) || batch.busy) return;
    if (this.#ownerGone) void this.stop();
    else if (isAlone && this.#idleTimeoutMs !== null)
      this.#idleTimer ??= systemClock.setTimer(this.#idleTimeoutMs, () => this.#idled());
  }

  /** The idle timeout has passed. A child may have started something in the same moment. */
  #idled(): void {
    this.#idleTimer = undefined;
    const { processes, runs, batch } = this.#hub.engine;
    if (!processes.hasNonDaemonic() && runs.active === 0 && !batch.busy) void this.stop();
  }
}

function tokenOf({ tokenFile }: ServerArguments): TokenCheck {
  const fromEnvironment = process.env["POLYPROC_TOKEN"];
  if (tokenFile !== null) return tokenCheck(loadToken(tokenFile));
  if (fromEnvironment !== undefined && fromEnvironment !== "") return tokenCheck(fromEnvironment);
  throw new UsageError(
    "tcp: and tls: addresses need a token: name a file for it with --token-file (it is made when missing), " +
      "or set POLYPROC_TOKEN",
  );
}

/** The address through which children find this server. A Unix socket comes first, because it needs no token. */
function childEnvironment(listeners: readonly Listener[]): Record<string, string> {
  const address: Address | undefined = (listeners.find((listener) => listener.address.kind === "unix") ?? listeners[0])
    ?.address;
  if (address?.kind === "unix") delete process.env["POLYPROC_TOKEN"];
  return address ? { POLYPROC_ADDRESS: formatAddress(address) } : {};
}
