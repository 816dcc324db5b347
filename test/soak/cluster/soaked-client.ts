import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { within } from "../../deadline.js";
import { compiled } from "../../fixture.js";

interface ClientOptions {
  /** Its server's address. */
  readonly server: string;
  readonly cluster: string;
  /** Does not exist yet. */
  readonly folder: string;
  /** The log of the holders of the lock. */
  readonly fences: string;
  readonly seed: string;
}

/** A program that runs tasks on the cluster, in a process of its own. */
export class SoakedClient {
  readonly folder: string;
  /** It or its server was killed: its outcomes are not complete. */
  isDead = false;
  isPoisoned = false;
  readonly #process: ChildProcess;
  readonly #over: Promise<unknown[]>;
  #stderr = "";

  constructor({ server, cluster, folder, fences, seed }: ClientOptions) {
    this.folder = folder;
    mkdirSync(join(folder, "tasks"), { recursive: true });
    this.#process = spawn(
      process.execPath,
      [compiled("test/soak/cluster/client-main"), server, cluster, folder, fences, seed],
      { stdio: ["pipe", "ignore", "pipe"] },
    );
    this.#process.stderr!.on("data", (data: Buffer) => (this.#stderr += data.toString()));
    this.#process.stdin!.on("error", () => {});
    this.#over = once(this.#process, "close");
  }

  /** Adds a task that kills each agent. */
  poison(): void {
    this.isPoisoned = true;
    this.#process.stdin!.write("poison\n");
  }

  async kill(): Promise<void> {
    this.isDead = true;
    this.#process.kill("SIGKILL");
    await this.#over;
  }

  /** Lets it end. Fails if it found something wrong, unless it or its server was killed. */
  async end(limitMs: number): Promise<void> {
    this.#process.stdin!.write("over\n");
    const [code, signal] = await within(this.#over, "the outcomes of a client", limitMs);
    if (code !== 0 && !this.isDead) throw new Error(`the client ended with ${String(code ?? signal)}: ${this.#stderr}`);
  }

  /** The numbers of the tasks that were begun. */
  begun(): number[] {
    return readdirSync(join(this.folder, "tasks")).map(Number);
  }
}
