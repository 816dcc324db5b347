import { join } from "node:path";
import { mkdirSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { waitFor } from "../../deadline.js";
import type { Random } from "../random.js";
import { judgeFences, judgeTasks, runningTasks, type Evidence } from "./judge.js";
import type { Fault, FaultKind, RoundPlan } from "./plan.js";
import { SoakedClient } from "./soaked-client.js";
import type { SoakedCluster } from "./soaked-cluster.js";

/** Longest time from the last fault to the last outcome: several leases, on a busy machine. */
const settleMs = 180_000;
/** Milliseconds to wait for a task before the next fault: Redis, or all hosts, may be gone. */
const progressMs = 5000;
const clientFaults: ReadonlySet<FaultKind> = new Set(["kill the client", "kill the client's server", "poison"]);

export interface RoundReport {
  readonly plan: RoundPlan;
  readonly findings: readonly string[];
  readonly clients: number;
  readonly told: number;
  readonly runs: number;
  readonly overlaps: number;
  /** Holders of the lock, one after the other. */
  readonly holders: number;
}

/** Clients with tasks and holders of a lock over all hosts, while hosts, Redis, clients and their server fail. */
export async function clusterRound(cluster: SoakedCluster, plan: RoundPlan, random: Random): Promise<RoundReport> {
  const round = new Round(cluster, plan, random);
  await round.run();
  return round.report();
}

class Round {
  readonly #cluster: SoakedCluster;
  readonly #plan: RoundPlan;
  readonly #random: Random;
  readonly #folder: string;
  readonly #clients: SoakedClient[] = [];
  #begun = 0;

  constructor(cluster: SoakedCluster, plan: RoundPlan, random: Random) {
    this.#cluster = cluster;
    this.#plan = plan;
    this.#random = random;
    this.#folder = join(cluster.folder, String(plan.number));
    mkdirSync(this.#folder);
    this.#startClient();
  }

  async run(): Promise<void> {
    const faults: Promise<void>[] = [];
    // One after the other: the next client needs a server.
    let client = Promise.resolve();
    for (const fault of this.#plan.faults) {
      await delay(fault.afterMs);
      await this.#progress();
      const inflicted = clientFaults.has(fault.kind)
        ? (client = client.then(() => this.#inflict(fault)))
        : this.#inflict(fault);
      inflicted.catch(() => {});
      faults.push(inflicted);
    }
    await Promise.all(faults);
    await this.#cluster.serves();
    await Promise.all(this.#clients.map((client) => client.end(settleMs)));
    await this.#cluster.drained();
    await this.#cleared();
    this.#cluster.isPoisoned = false;
  }

  report(): RoundReport {
    const evidence = this.#clients.map(({ folder, isDead }) =>
      judgeTasks(folder, !isDead, this.#cluster.parts.stopped),
    );
    const fences = judgeFences(this.#fences);
    const sum = (of: (evidence: Evidence) => number) => evidence.reduce((all, one) => all + of(one), 0);
    return {
      plan: this.#plan,
      findings: [
        ...evidence.flatMap(({ findings }) => findings),
        ...fences.findings,
        ...this.#cluster.findings.splice(0),
      ],
      clients: this.#clients.length,
      told: sum(({ told }) => told),
      runs: sum(({ runs }) => runs),
      overlaps: sum(({ overlaps }) => overlaps),
      holders: fences.holders,
    };
  }

  /** So that faults meet tasks: returns when one was begun since the last call, or when none can be for some time. */
  async #progress(): Promise<void> {
    const client = this.#client;
    const isNew = () => client !== this.#client || client.isDead || client.begun().length > this.#begun;
    await waitFor(isNew, { what: "a task", timeoutMs: progressMs }).catch(() => {});
    this.#begun = this.#client.begun().length;
  }

  async #inflict(fault: Fault): Promise<void> {
    switch (fault.kind) {
      case "kill the client":
        await this.#client.kill();
        this.#startClient();
        return;
      case "kill the client's server":
        this.#client.isDead = true;
        await this.#cluster.killServer();
        this.#startClient();
        return;
      case "poison":
        this.#cluster.isPoisoned = true;
        this.#client.poison();
        return;
      default:
        await this.#cluster.inflict(fault, this.#random);
    }
  }

  /** Every pool has left the cluster, and nothing of it runs. */
  async #cleared(): Promise<void> {
    const { redis } = this.#cluster;
    await waitFor(async () => (await redis.command("hkeys", "pp:{main}:pools")).trim() === "", {
      what: "the end of the pools of clients that died",
      intervalMs: 100,
    });
    await waitFor(() => this.#clients.every(({ folder }) => runningTasks(folder).length === 0), {
      what: "the end of the tasks of clients that died",
      intervalMs: 100,
    });
  }

  get #client(): SoakedClient {
    return this.#clients.at(-1)!;
  }

  get #fences(): string {
    return join(this.#folder, "fences");
  }

  #startClient(): void {
    const { server, address } = this.#cluster;
    const name = String(this.#clients.length + 1);
    this.#clients.push(
      new SoakedClient({
        server,
        cluster: address,
        folder: join(this.#folder, name),
        fences: this.#fences,
        seed: `${this.#random.bits()}/${name}`,
      }),
    );
  }
}
