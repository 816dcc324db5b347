import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { waitFor, within } from "../deadline.js";
import { compiled } from "../fixture.js";
import { RawClient, type Framing } from "../server/clients.js";
import { startUnixServer, type ServerProcess } from "../server/server-process.js";
import { certificate, privateKey } from "../server/tls-files.js";
import { temporaryFolder } from "../temporary-folder.js";
import { Random } from "../soak/random.js";
import type { Shared } from "./composer.js";
import { FuzzSession, type Sent } from "./session.js";

const MiB = 1024 * 1024;
/** A server that has dealt with all batches has no reason to hold more than this beyond what it began with. */
const mostGrowthBytes = 300 * MiB;
/**
 * A fresh client is answered before the server has worked for longer than this: on a busy machine it may wait for its
 * turn.
 */
const answerMs = 2000;
/** And not later than this. */
const answerDeadlineMs = 60_000;
/** On a busy machine, what is left of a batch ends within this. */
const settleMs = 30_000;

export interface BatchReport {
  number: number;
  /** Messages by method. */
  sent: Map<string, number>;
  /** Answers by the name of their error, or `result`. */
  answers: Map<string, number>;
  faults: string[];
  /** The messages themselves, in order. */
  messages: Sent[];
}

/** What sessions that come over the network say. */
const fuzzToken = "a-token-for-the-sessions-of-the-fuzzer";

/** A server on a Unix socket, TCP and TLS, with the host that does what it likes. It ends with the test. */
export function startFuzzedServer(test: {
  after(clean: () => void | Promise<void>): void;
}): Promise<ServerProcess & { path: string }> {
  const folder = temporaryFolder(test);
  const [cert, key] = [join(folder, "certificate.pem"), join(folder, "key.pem")];
  writeFileSync(cert, certificate);
  writeFileSync(key, privateKey);
  const network = ["--listen", "tcp:127.0.0.1:0", "--listen", "tls:127.0.0.1:0", "--tls-cert", cert, "--tls-key", key];
  const runtime = ["--runtime", `random=${process.execPath} ${compiled("test/fuzz/random-host")}`];
  return startUnixServer(test, [...network, ...runtime], { env: { POLYPROC_TOKEN: fuzzToken } });
}

/** A server under fire, and one well-behaved client that looks on. */
export class Fuzzer {
  readonly #server: ServerProcess & { path: string };
  readonly #seed: number;
  readonly #good: RawClient;
  readonly #rssAtFirst: number;

  private constructor(server: ServerProcess & { path: string }, seed: number, good: RawClient, rssAtFirst: number) {
    this.#server = server;
    this.#seed = seed;
    this.#good = good;
    this.#rssAtFirst = rssAtFirst;
  }

  static async begin(server: ServerProcess & { path: string }, seed: number): Promise<Fuzzer> {
    const good = await RawClient.open(server.path, "frames", { clientInfo: { name: "good" } });
    const { result } = await good.request("server/status");
    return new Fuzzer(server, seed, good, result.rssBytes as number);
  }

  /** Some sessions at once, each of which sends some hundred messages and goes in its own way; then what must hold. */
  async batch(number: number): Promise<BatchReport> {
    const random = new Random("fuzz", this.#seed, number);
    const shared: Shared = { handles: new Map(), pids: [] };
    const report: BatchReport = { number, sent: new Map(), answers: new Map(), faults: [], messages: [] };
    const framings = ["json", "msgpack", "frames", "frames"] as const satisfies Framing[];
    const sessions: FuzzSession[] = [];
    try {
      for (let count = random.int(2, 5); count > 0; count--) {
        const [unix, ...network] = this.#server.addresses as [string, ...string[]];
        // Half of the sessions come over TCP and TLS.
        const address = random.chance(0.5) ? unix : random.pick(network);
        const client = await connectTo(address, random.pick(framings));
        const token = address === unix ? undefined : fuzzToken;
        sessions.push(await FuzzSession.open(client, token, random, shared, report.messages));
      }
      for (let left = random.int(200, 600); left > 0; left--) {
        const session = random.pick(sessions);
        if (!session.sendOne()) continue;
        // Sometimes all that was sent arrives together, sometimes the server answers in between.
        if (random.chance(0.3)) await setImmediate();
        if (random.chance(0.02)) this.#learn(sessions, shared);
      }
      await this.#isAnswered(report);
      for (const session of sessions) {
        if (random.chance(0.3)) session.breakOff();
        else session.client.close();
      }
      await this.#isEmpty(report);
      await this.#isAnswered(report);
    } catch (error) {
      report.faults.push(String(error));
    }
    this.#count(sessions, report);
    await this.#look(report);
    return report;
  }

  /** Ends the good client. The server is the caller's. */
  close(): void {
    this.#good.close();
  }

  #learn(sessions: readonly FuzzSession[], shared: Shared): void {
    for (const { client } of sessions) {
      for (const { result } of client.received) {
        const pid = (result as { pid?: unknown } | null)?.pid;
        if (typeof pid === "number" && !shared.pids.includes(pid) && pid !== this.#server.process.pid)
          shared.pids.push(pid);
      }
    }
  }

  async #isAnswered(report: BatchReport): Promise<void> {
    const { pid } = this.#server.process;
    const before = workedMs(pid!);
    const fresh = await RawClient.connect(this.#server.path, "frames");
    await fresh.request("initialize", {}, undefined, answerDeadlineMs);
    await fresh.request("server/status", {}, undefined, answerDeadlineMs);
    fresh.close();
    const worked = workedMs(pid!) - before;
    if (worked > answerMs)
      report.faults.push(`a fresh client was answered after the server had worked for ${worked} ms`);
  }

  /** Nothing is left of the sessions. Runs belong to the server: they are cancelled and forgotten. */
  async #isEmpty(report: BatchReport): Promise<void> {
    const good = this.#good;
    const look = async () => {
      const { runs } = (await good.request("run/list")).result as { runs: { run: string; endedAt: number | null }[] };
      for (const { run, endedAt } of runs)
        await (endedAt === null
          ? good.request("run/cancel", { run, graceMs: 0 })
          : good.request("run/forget", { run }));
      const { sessions } = (await good.request("server/sessions")).result as {
        sessions: { role: string; name: string }[];
      };
      const { processes } = (await good.request("process/list", { scope: "all" })).result as {
        processes: { role: string; state: string }[];
      };
      const { sync } = (await good.request("events/sync")).result as { sync: unknown[] };
      const { pools } = (await good.request("pool/list")).result as { pools: unknown[] };
      return [
        ...runs,
        ...sync,
        ...pools,
        ...sessions.filter(({ role, name }) => role === "client" && name !== "good"),
        ...processes.filter(({ role, state }) => (role !== "host" && state !== "exited") || state === "starting"),
      ];
    };
    let found: unknown[] = [];
    await waitFor(async () => (found = await look()).length === 0, {
      what: "an empty server",
      timeoutMs: settleMs,
      intervalMs: 20,
    }).catch(() => {
      report.faults.push(...found.map((one) => `was left in the server: ${JSON.stringify(one)}`));
    });
  }

  #count(sessions: readonly FuzzSession[], report: BatchReport): void {
    const add = (map: Map<string, number>, key: string) => map.set(key, (map.get(key) ?? 0) + 1);
    for (const { method } of report.messages) add(report.sent, method);
    for (const { client, name } of sessions) {
      for (const { id, error, method } of client.received) {
        if (method !== undefined) continue;
        const kind = error === undefined ? "result" : String(error.data?.["name"] ?? error.code);
        add(report.answers, kind);
        if (kind !== "InternalError" && error?.code !== -32603) continue;
        const cause = report.messages.find((sent) => sent.session === name && sent.id === id);
        report.faults.push(
          `InternalError: ${JSON.stringify(error)} for ${cause ? describeSent(cause) : `id ${String(id)}`}`,
        );
      }
    }
  }

  async #look(report: BatchReport): Promise<void> {
    const { process: child, stderr } = this.#server;
    if (child.exitCode !== null || child.signalCode !== null)
      report.faults.push(`the server ended with ${child.exitCode ?? child.signalCode}`);
    if (stderr() !== "") report.faults.push(`the server wrote: ${stderr().slice(0, 5000)}`);
    if (report.faults.length > 0) return;
    const { result } = await within(this.#good.request("server/status"), "the server's numbers");
    const grown = (result.rssBytes as number) - this.#rssAtFirst;
    if (grown > mostGrowthBytes) report.faults.push(`the server grew by ${(grown / MiB).toFixed(0)} MiB`);
  }
}

/** Through the door that the address names. */
function connectTo(address: string, framing: Framing): Promise<RawClient> {
  if (address.startsWith("tcp:")) return RawClient.connectTcp(address, framing);
  if (address.startsWith("tls:")) return RawClient.connectTls(address, framing);
  return RawClient.connect(address.slice("unix:".length), framing);
}

/** CPU time of the process, in milliseconds; 0 where the system does not tell. */
function workedMs(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // Linux counts in hundredths of a second.
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return 0;
  }
}

export function describeSent({ session, id, method, params }: Sent): string {
  return `${session}#${id} ${method} ${JSON.stringify(params)?.slice(0, 500)}`;
}
