import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectTo } from "../../../bindings/typescript/session/client-link.js";
import { Connection } from "../../../bindings/typescript/session/connection.js";
import type { BatchEntryInfo } from "../../../protocol/batch.js";
import { waitFor } from "../../deadline.js";
import { compiled } from "../../fixture.js";
import { startProgram, type Script } from "../../faults/script.js";
import { run, type TestContext } from "../polyproc.js";

/** A user with a queue of their own: folders for its files and for sockets. */
export class QueueUser {
  readonly folder: string;
  readonly state: string;
  readonly #test: TestContext;
  readonly #servers: Script[] = [];

  constructor(test: TestContext) {
    this.#test = test;
    this.folder = mkdtempSync(join(tmpdir(), "t-"));
    test.after(async () => {
      // A server that lives would write files into the folder while it is removed.
      for (const server of this.#servers) server.process.kill("SIGKILL");
      for (const server of this.#servers) await server.familyGone();
      rmSync(this.folder, { recursive: true, force: true });
    });
    this.state = join(this.folder, "state");
    mkdirSync(this.state, { mode: 0o700 });
    mkdirSync(join(this.folder, "s"), { mode: 0o700 });
  }

  /** The folder of the queue's files. */
  get queue(): string {
    return join(this.state, "polyproc", "queue");
  }

  env(socket = "p"): Record<string, string> {
    return { XDG_STATE_HOME: this.state, XDG_RUNTIME_DIR: this.folder, POLYPROC_ADDRESS: this.address(socket) };
  }

  address(socket = "p"): string {
    return `unix:${join(this.folder, "s", socket)}`;
  }

  /** Starts a server, as a child of `before`, if that is given: a program with its arguments. */
  async serve(socket = "p", before: readonly string[] = []): Promise<Script> {
    const server = startProgram(
      this.#test,
      "the server",
      [...before, process.execPath, compiled("cli/main"), "serve", "--queue", "--listen", this.address(socket)],
      { ...this.env(socket), POLYPROC_ADDRESS: "" },
    );
    this.#servers.push(server);
    await waitFor(() => server.stdout().includes("listening"), { what: "a server that listens" });
    return server;
  }

  async polyproc(...args: string[]): Promise<{ status: number | string; stdout: string; stderr: string }> {
    return run(this.#test, args, { env: this.env() });
  }

  async connect(socket = "p"): Promise<Connection> {
    const connection = new Connection((self) => connectTo(self, this.address(socket), {}));
    await connection.open();
    this.#test.after(() => connection.close());
    return connection;
  }
}

/** What `batch/add` needs at least. */
export function shell(script: string, ...args: string[]) {
  return { command: ["sh", "-c", script, ...args], cwd: "/", env: { PATH: process.env["PATH"] ?? "" } };
}

/** The entry, once it is so. */
export async function whenEntry(
  connection: Connection,
  number: number,
  holds: (entry: BatchEntryInfo) => boolean,
  what = holds.toString(),
): Promise<BatchEntryInfo> {
  return waitFor(
    async () => {
      const { entries } = await connection.request("batch/list", {});
      return entries.find((entry) => entry.entry === number && holds(entry));
    },
    { what: `entry ${number}: ${what}`, intervalMs: 20 },
  );
}
