import { spawn, type ChildProcess } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { within, waitFor } from "../../deadline.js";
import { temporaryFolder } from "../../temporary-folder.js";

interface TestContext {
  after(clean: () => void | Promise<void>): void;
}

/** A Redis of the test's own, which can be killed and started again. */
export class TestRedis {
  readonly port: number;
  readonly #folder: string;
  readonly #args: readonly string[];
  readonly #host: string;
  #process: ChildProcess | undefined;

  private constructor(port: number, folder: string, args: readonly string[], host: string) {
    this.port = port;
    this.#folder = folder;
    this.#args = args;
    this.#host = host;
  }

  static async start(
    test: TestContext,
    args: readonly string[] = [],
    host = "127.0.0.1",
    over: "tcp" | "tls" = "tcp",
  ): Promise<TestRedis> {
    const port = await freePort(host);
    const ports = over === "tcp" ? ["--port", String(port)] : ["--port", "0", "--tls-port", String(port)];
    const redis = new TestRedis(port, temporaryFolder(test), [...ports, ...args], host);
    test.after(() => redis.kill());
    await redis.start();
    return redis;
  }

  async start(): Promise<void> {
    const child = spawn(
      "redis-server",
      [
        ...["--bind", this.#host, "--dir", this.#folder, "--save", ""],
        ...["--appendonly", "yes", "--appendfsync", "everysec", "--protected-mode", "no"],
        ...this.#args,
      ],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    this.#process = child;
    let said = "";
    child.stdout!.on("data", (data: Buffer) => (said += data.toString()));
    await waitFor(
      () => {
        if (child.exitCode !== null) throw new Error(`redis-server has ended: ${said}`);
        return said.includes("Ready to accept connections");
      },
      { what: "a Redis that serves" },
    );
  }

  async kill(): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const over = once(child, "exit");
    child.kill("SIGKILL");
    await within(over, "the end of Redis");
  }

  /** What `redis-cli` says to a command. */
  async command(...words: string[]): Promise<string> {
    const child = spawn("redis-cli", ["-h", this.#host, "-p", String(this.port), ...words], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    let said = "";
    child.stdout.on("data", (data: Buffer) => (said += data.toString()));
    await once(child, "close");
    return said;
  }

  async keys(): Promise<string[]> {
    return (await this.command("keys", "*")).split("\n").filter(Boolean);
  }

  /**
   * `parameters`: of a cluster's address. A host that stands still for long loses its lease, so a test that counts what
   * was run has a long one.
   */
  url(parameters = "lease=10"): string {
    return `redis://${this.#host}:${this.port}/0?${parameters}`;
  }
}

/**
 * A free port, below those that the system gives to connections: one of them could take it while Redis is
 * down, even a connection to that very port.
 */
async function freePort(host: string): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_768);
    const server = createServer().listen(port, host);
    const isFree = await once(server, "listening").then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, "close");
    return port;
  }
}
