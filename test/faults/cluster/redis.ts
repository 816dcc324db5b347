import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
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

  static async start(test: TestContext, args: readonly string[] = [], host = "127.0.0.1"): Promise<TestRedis> {
    const redis = new TestRedis(await freePort(), temporaryFolder(test), args, host);
    test.after(() => redis.kill());
    await redis.start();
    return redis;
  }

  async start(): Promise<void> {
    const child = spawn(
      "redis-server",
      [
        ...["--port", String(this.port), "--bind", this.#host, "--dir", this.#folder, "--save", ""],
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

  /** `parameters`: of a cluster's address. */
  url(parameters = "lease=2"): string {
    return `redis://${this.#host}:${this.port}/0?${parameters}`;
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
