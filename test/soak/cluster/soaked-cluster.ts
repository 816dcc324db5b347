import { setTimeout as delay } from "node:timers/promises";
import { waitFor } from "../../deadline.js";
import { Network } from "../../faults/cluster/network.js";
import { TestRedis } from "../../faults/cluster/redis.js";
import { startUnixServer, type ServerProcess } from "../../server/server-process.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { has } from "../../tools/tools.js";
import type { Random } from "../random.js";
import { faultKinds, type Fault, type FaultKind } from "./plan.js";
import { serveMs, SoakedHost, type HostParts } from "./soaked-host.js";

/** As the test runner's: what cleans up is called at the end, in the order of registration. */
interface TestContext {
  after(clean: () => void | Promise<void>): void;
}

const letters = ["a", "b", "c"];
export const leaseMs = 3000;
/** Longest stop, cut or outage of Redis. */
const longestMs = 2.2 * leaseMs;

/** The kinds of faults that can be made on this machine. */
export function possibleFaults(): readonly FaultKind[] {
  return has("network namespaces") ? faultKinds : faultKinds.filter((kind) => kind !== "cut off a host");
}

/** A Redis, three hosts, and the server of clients. All of them fail and come back. */
export class SoakedCluster {
  readonly address: string;
  readonly folder: string;
  readonly redis: TestRedis;
  readonly parts: HostParts;
  /** What should not have happened, since it was last taken. */
  readonly findings: string[] = [];
  isPoisoned = false;
  readonly #test: TestContext;
  readonly #hosts: SoakedHost[];
  #server: ServerProcess & { path: string };
  #isRedisBusy = false;

  private constructor(
    test: TestContext,
    { redis, server, network }: { redis: TestRedis; server: ServerProcess & { path: string }; network: Network | null },
  ) {
    this.#test = test;
    this.folder = temporaryFolder(test);
    this.redis = redis;
    this.address = redis.url(`lease=${leaseMs / 1000}${network === null ? "" : "&insecure=true"}`);
    this.parts = {
      cluster: this.address,
      network,
      stopped: new Set(),
      agents: new Set(),
      isPoisoned: () => this.isPoisoned,
      find: (finding) => void this.findings.push(finding),
    };
    this.#server = server;
    this.#hosts = letters.map((letter) => new SoakedHost(letter, this.parts));
    test.after(() => Promise.all(this.#hosts.map((host) => host.end("SIGKILL"))).then(() => {}));
  }

  static async start(test: TestContext): Promise<SoakedCluster> {
    const network = possibleFaults().includes("cut off a host") ? new Network(test, letters) : null;
    const redis = await TestRedis.start(test, [], network?.address);
    const cluster = new SoakedCluster(test, { redis, server: await startUnixServer(test), network });
    await cluster.serves();
    return cluster;
  }

  /** The address of the clients' server. */
  get server(): string {
    return `unix:${this.#server.path}`;
  }

  /** Makes a fault of a host or of Redis. Resolves when it is over. */
  async inflict({ kind, length }: Fault, random: Random): Promise<void> {
    const ms = length * longestMs;
    switch (kind) {
      case "kill a host":
        return this.#onHost(random, (host) => host.kill(length < 0.3));
      case "drain a host":
        return this.#onHost(random, (host) => host.drain());
      case "stop a host":
        return this.#onHost(random, (host) => host.stop(ms));
      case "cut off a host":
        return this.#onHost(random, (host) => host.cut(ms));
      case "kill Redis":
        await waitFor(() => !this.#isRedisBusy, { what: "a Redis that runs" });
        this.#isRedisBusy = true;
        await this.redis.kill();
        await delay(ms);
        await this.redis.start();
        this.#isRedisBusy = false;
        return;
      default:
        throw new Error(`${kind} is a fault of a client`);
    }
  }

  async killServer(): Promise<void> {
    this.#server.process.kill("SIGKILL");
    await this.#server.exited();
    this.#server = await startUnixServer(this.#test);
  }

  /** Resolves when all hosts take work. */
  async serves(): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host.serves()));
  }

  async drained(): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host.drained()));
  }

  /** Ends everything. Each agent must end by itself. */
  async end(): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host.end("SIGTERM")));
    this.#server.process.kill("SIGTERM");
    await this.#server.exited();
  }

  /** Waits for a host without another fault of its own. */
  async #onHost(random: Random, fault: (host: SoakedHost) => void | Promise<void>): Promise<void> {
    const host = await waitFor(
      () => {
        const free = this.#hosts.filter(({ isBusy, isServing }) => !isBusy && isServing);
        return free.length > 0 && random.pick(free);
      },
      { what: "a host that takes work", timeoutMs: serveMs },
    );
    host.isBusy = true;
    try {
      await fault(host);
    } finally {
      host.isBusy = false;
    }
  }
}
