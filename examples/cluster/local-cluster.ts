import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A Redis and agents on this machine. On real hosts, each agent is a service of its own: see the files beside this. */
export class LocalCluster {
  readonly address: string;
  readonly #folder: string;
  readonly #children: ChildProcess[];

  private constructor(address: string, folder: string, children: ChildProcess[]) {
    this.address = address;
    this.#folder = folder;
    this.#children = children;
  }

  /** Resolves when all agents take work. Fails if Redis or an agent does not start. */
  static async start(agents: readonly string[]): Promise<LocalCluster> {
    const folder = mkdtempSync(join(tmpdir(), "polyproc-cluster-"));
    const port = await freePort();
    const cluster = new LocalCluster(`redis://127.0.0.1:${port}`, folder, []);
    try {
      await cluster.#start(
        "redis-server",
        ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--appendonly", "yes", "--save", ""],
        "Ready to accept connections",
      );
      const polyproc = fileURLToPath(new URL("../../cli/main.js", import.meta.url));
      const modules = fileURLToPath(new URL(".", import.meta.url));
      await Promise.all(
        agents.map((name) =>
          cluster.#start(
            process.execPath,
            [polyproc, "agent", "--cluster", cluster.address, "--name", name, "-j", "2", "--allow-module", modules],
            "takes work",
            { EXAMPLE_HOST: name },
          ),
        ),
      );
      return cluster;
    } catch (error) {
      await cluster.end();
      throw error;
    }
  }

  /** Ends the agents, then Redis. */
  async end(): Promise<void> {
    for (const child of this.#children.toReversed()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const over = once(child, "exit");
      child.kill("SIGTERM");
      await over;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Starts a program, and waits until it has printed `sign`. */
  async #start(command: string, args: string[], sign: string, env: Record<string, string> = {}): Promise<void> {
    // A group of its own: Ctrl-C reaches this program only, which ends the others in order.
    const child = spawn(command, args, {
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    let said = "";
    await new Promise<void>((resolve, reject) => {
      const hear = (data: Buffer) => {
        said += data.toString();
        if (said.includes(sign)) resolve();
      };
      child.stdout.on("data", hear);
      child.stderr.on("data", hear);
      child.once("error", (error) => reject(new Error(`${command} could not be started (${error.message})`)));
      child.once("spawn", () => this.#children.push(child));
      child.once("exit", () => reject(new Error(`${command} has ended: ${said}`)));
    });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
