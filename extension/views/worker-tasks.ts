import type { ProcessInfo } from "../../protocol/process.js";
import type { Disposable, Rpc } from "../connection/rpc.js";

type WorkerTask = ProcessInfo["task"];

/**
 * What pools' workers run. The server tells no events of that, as there may be thousands a second: it is asked, while somebody looks and some
 * pool is busy.
 */
export class WorkerTasks implements Disposable {
  readonly #connected: () => Rpc | null;
  readonly #isBusy: () => boolean;
  readonly #tell: () => void;
  readonly #intervalMs: number;
  #timer: NodeJS.Timeout | undefined;
  #asking: Rpc | null = null;
  /** By process; of workers only. */
  tasks: ReadonlyMap<string, WorkerTask> = new Map();

  constructor(connected: () => Rpc | null, isBusy: () => boolean, tell: () => void, intervalMs = 1000) {
    this.#connected = connected;
    this.#isBusy = isBusy;
    this.#tell = tell;
    this.#intervalMs = intervalMs;
  }

  /** Whether somebody looks. */
  needed(needed: boolean): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (!needed) return;
    this.#timer = setInterval(() => void this.ask(), this.#intervalMs);
    void this.ask();
  }

  /** Never rejects. A server that has not answered yet is not asked again. */
  async ask(): Promise<void> {
    const rpc = this.#connected();
    if (rpc === null || !this.#isBusy()) {
      this.#replace(new Map());
      return;
    }
    if (this.#asking === rpc) return;
    this.#asking = rpc;
    try {
      const { processes } = await rpc.request("process/list", { scope: "all" });
      if (this.#connected() === rpc) this.#replace(new Map(processes.filter(({ role }) => role === "worker").map(({ process, task }) => [process, task])));
    } catch {
      // Next time, then; a connection that ended is told by others.
    } finally {
      if (this.#asking === rpc) this.#asking = null;
    }
  }

  dispose(): void {
    clearInterval(this.#timer);
  }

  #replace(tasks: ReadonlyMap<string, WorkerTask>): void {
    if (tasks.size === 0 && this.tasks.size === 0) return;
    this.tasks = tasks;
    this.#tell();
  }
}
