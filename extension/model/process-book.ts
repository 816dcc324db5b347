import type { ProcessInfo } from "../../protocol/process.js";

/** Most ended processes that are remembered. The process that ended first is forgotten first. */
export const maxEnded = 200;

/** Living processes, and ended ones that the user may want to see, until they are dismissed. */
export class ProcessBook {
  readonly #all = new Map<string, ProcessInfo>();
  /** Handles of ended processes, in the order in which they ended. */
  readonly #ended = new Set<string>();

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
    if (!isWorthKeeping(process)) return this.#remove(key);
    this.#ended.delete(key);
    this.#ended.add(key);
    this.#all.set(key, process);
    if (this.#ended.size > maxEnded) this.#remove(this.#ended.values().next().value!);
    return true;
  }

  /** Replaces the living processes by these. Returns the processes that counted as living and are not among them. */
  replaceLiving(living: readonly ProcessInfo[]): ProcessInfo[] {
    const now = new Set(living.map(({ process }) => process));
    const gone = [...this.#all.values()].filter((process) => process.state !== "exited" && !now.has(process.process));
    for (const { process } of gone) this.#remove(process);
    for (const process of living) this.put(process);
    return gone;
  }

  /** Removes an ended process. A living one stays. */
  dismiss(process: string): boolean {
    return this.#ended.has(process) && this.#remove(process);
  }

  dismissEnded(): boolean {
    const ended = [...this.#ended];
    for (const process of ended) this.#remove(process);
    return ended.length > 0;
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
