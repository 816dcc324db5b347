import assert from "node:assert/strict";
import { connect, type Client } from "polyproc";
import type { ProcessInfo } from "../../protocol/process.js";
import { waitFor, within } from "../deadline.js";
import { markedProcesses } from "../runner/leaks.js";
import { startUnixServer, type ServerProcess } from "../server/server-process.js";

interface TestContext {
  after(clean: () => void | Promise<void>): void;
}

/** A real server, a client of it, and at the end of the test the proof that nothing was left. */
export class Stage {
  readonly server: ServerProcess;
  readonly address: string;
  /** The client that the test is about. */
  readonly mp: Client;
  readonly instanceId: string;
  /** Looks on from outside, so that the test can see what the server holds when its client has gone. */
  readonly watcher: Client;
  readonly #clients: Client[];

  constructor(server: ServerProcess, address: string, mp: Client, watcher: Client, instanceId: string) {
    this.server = server;
    this.address = address;
    this.mp = mp;
    this.watcher = watcher;
    this.instanceId = instanceId;
    this.#clients = [mp];
  }

  /** Another client of the same server. */
  async connect(): Promise<Client> {
    const client = await connect(this.address);
    this.#clients.push(client);
    return client;
  }

  /** Every process of the server that lives, warm hosts left out. */
  async living(): Promise<ProcessInfo[]> {
    const { processes } = await this.watcher.connection.request("process/list", { scope: "all" });
    return processes.filter((process) => process.role !== "host" && process.state !== "exited");
  }

  status() {
    return this.watcher.connection.request("server/status", {});
  }

  /** CPU and memory of every process that the server started. */
  async usage() {
    return (await this.watcher.connection.request("process/usage", {})).usage;
  }

  /**
   * Pids of all that carry the server's mark, its children's children and those that hid from it included. Linux only.
   */
  marked(): number[] {
    return markedProcesses(`POLYPROC_INSTANCE=${this.instanceId}`).map((row) => row.pid);
  }

  /** As the kernel would when memory is short. */
  async killServer(): Promise<void> {
    process.kill(this.server.process.pid!, "SIGKILL");
    assert.equal(await this.server.exited(), "SIGKILL");
  }

  /** Ends the clients, then the server; fails if one of them leaves a process. */
  async end(): Promise<void> {
    const { process } = this.server;
    try {
      for (const client of this.#clients) await within(client.close(), "the end of a client");
      if (process.exitCode === null && process.signalCode === null) {
        const left = await waitFor(async () => (await this.living()).length === 0, {
          what: "the end of what the clients started",
        }).then(
          () => [],
          () => this.living(),
        );
        assert.deepEqual(left, [], "processes outlived their clients");
        process.kill("SIGTERM");
        assert.equal(await this.server.exited(), 0);
        assert.equal(this.server.stderr(), "");
      }
    } finally {
      // After a failure no process may disturb the next test.
      if (process.exitCode === null && process.signalCode === null) process.kill("SIGKILL");
      await this.watcher.close().catch(() => {});
      await waitFor(() => this.marked().length === 0, { what: "the end of all that carries the server's mark" });
    }
  }
}

/** A server for this test, with a client. */
export async function setStage(test: TestContext, args: readonly string[] = []): Promise<Stage> {
  const made: Stage[] = [];
  // First, so that the end is orderly: what is registered after this kills the server.
  test.after(() => made[0]?.end());
  const server = await startUnixServer(test, args);
  const address = `unix:${server.path}`;
  const mp = await connect(address);
  const watcher = await connect(address);
  const { instanceId } = await watcher.connection.request("server/status", {});
  const stage = new Stage(server, address, mp, watcher, instanceId);
  made.push(stage);
  return stage;
}
