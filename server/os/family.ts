import { tmpdir } from "node:os";
import { join } from "node:path";
import { FifoStock } from "./bypass/fifo-stock.js";
import type { OsChild } from "./child.js";
import { instanceVariable } from "./environment.js";
import { Guardian } from "./guardian.js";
import { LeaseWatchdog } from "./lease-watchdog.js";
import { MemoryWatch } from "./memory-watch.js";
import { hasInEnvironment } from "./proc.js";
import { ProcessLook } from "./process-look.js";
import { readProcessTable } from "./process-table.js";
import { SpawnQueue } from "./spawn-queue.js";
import { send, TreeKiller } from "./tree-killer.js";

/** All children of one server, with what they share: the guardian, the spawn queue, the tree killer, the FIFOs … */
export class Family {
  readonly instanceId: string;
  readonly killer = new TreeKiller();
  readonly spawns = new SpawnQueue();
  readonly guardian: Guardian;
  readonly watchdog = new LeaseWatchdog();
  readonly memory = new MemoryWatch();
  readonly fifos: FifoStock;
  readonly #living = new Set<OsChild>();
  #lookers: ((look: ProcessLook) => void)[] = [];
  #onEmpty: (() => void) | null = null;
  #nextChild = 1;

  constructor(instanceId: string, tellPeople?: (text: string) => void) {
    this.instanceId = instanceId;
    const prefix = join(tmpdir(), `polyproc-fifo-${instanceId}`);
    this.guardian = new Guardian(instanceId, prefix, tellPeople);
    this.fifos = new FifoStock({ prefix, prepare: () => this.guardian.prepare() });
  }

  /** An id that no other child of any server has. */
  newChildId(): string {
    return `${this.instanceId}.${this.#nextChild++}`;
  }

  add(child: OsChild): void {
    this.#living.add(child);
  }

  remove(child: OsChild): void {
    this.#living.delete(child);
    if (this.#living.size === 0) this.#onEmpty?.();
  }

  /**
   * Calls back with a snapshot of the system's processes. All calls of one turn of the event loop share one snapshot,
   * for example those of a thousand children that ended together.
   */
  look(looker: (look: ProcessLook) => void): void {
    if (this.#lookers.push(looker) > 1) return;
    setImmediate(() => {
      const lookers = this.#lookers;
      this.#lookers = [];
      const look = new ProcessLook();
      for (const each of lookers) each(look);
    });
  }

  /** Sends SIGTERM to every process tree, and SIGKILL after `graceMs`. Resolves when all children were reaped. */
  async end(graceMs: number): Promise<void> {
    await this.#endAll("SIGTERM", graceMs);
    await this.#endAll("SIGKILL", null);
    this.#killEscaped();
    this.watchdog.end();
    await this.guardian.end();
    this.fifos.dispose();
  }

  #endAll(signal: "SIGTERM" | "SIGKILL", timeoutMs: number | null): Promise<void> {
    if (this.#living.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = timeoutMs === null ? undefined : setTimeout(resolve, timeoutMs);
      this.#onEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
      for (const child of [...this.#living]) child.signalTree(signal);
    });
  }

  /** Kills daemons: processes that left their child's group and parent. Linux only. */
  #killEscaped(): void {
    if (process.platform !== "linux") return;
    for (const row of readProcessTable().values()) {
      if (row.pid !== process.pid && hasInEnvironment(row.pid, `${instanceVariable}=${this.instanceId}`))
        send(row.pid, "SIGKILL");
    }
  }
}
