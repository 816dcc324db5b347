import type { ProcessInfo } from "../../protocol/process.js";
import { Dismissals, type DismissalStore } from "./dismissals.js";

/** Most ended processes that are remembered. The process that ended first is forgotten first. */
export const maxEnded = 200;

/** Living processes, and ended ones that the user may want to see, until they are dismissed. */
export class ProcessBook {
  readonly #all = new Map<string, ProcessInfo>();
  /** Handles of ended processes, in the order in which they ended. */
  readonly #ended = new Set<string>();
  readonly #dismissals: Dismissals;

  constructor(dismissals: DismissalStore) {
    this.#dismissals = new Dismissals(dismissals);
  }

  get all(): ReadonlyMap<string, ProcessInfo> {
    return this.#all;
  }

  /** Whether that changed anything. */
  put(process: ProcessInfo): boolean {
    const key = process.process;
    if (process.role === "host") return this.#remove(key);
    if (process.state !== "exited") {
      // A new server counts handles from the beginning.
      this.#ended.delete(key);
      this.#all.set(key, process);
      return true;
    }
    if (!isWorthKeeping(process) || this.#dismissals.has(process)) return this.#remove(key);
    this.#ended.delete(key);
    this.#ended.add(key);
    this.#all.set(key, process);
    if (this.#ended.size > maxEnded) this.#remove(this.#ended.values().next().value!);
    return true;
  }

  /** Replaces the living processes by these. */
  replaceLiving(living: readonly ProcessInfo[]): void {
    const now = new Set(living.map(({ process }) => process));
    for (const { process, state } of [...this.#all.values()])
      if (state !== "exited" && !now.has(process)) this.#remove(process);
    for (const process of living) this.put(process);
  }

  /** Removes an ended process. A living one stays. */
  dismiss(process: string): boolean {
    return this.#ended.has(process) && this.#dismiss([process]);
  }

  dismissEnded(): boolean {
    return this.#dismiss([...this.#ended]);
  }

  #dismiss(ended: readonly string[]): boolean {
    if (ended.length === 0) return false;
    this.#dismissals.add(ended.map((process) => this.#all.get(process)!));
    for (const process of ended) this.#remove(process);
    return true;
  }

  #remove(process: string): boolean {
    this.#ended.delete(process);
    return this.#all.delete(process);
  }
}

/** Processes that a client started, and workers and commands that failed. Not those that their pool ended. */
function isWorthKeeping({ role, exitCode, dismissed }: ProcessInfo): boolean {
  return role === "process" || (exitCode !== 0 && !dismissed);
}
