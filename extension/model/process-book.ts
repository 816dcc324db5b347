import type { PoolInfo } from "../../protocol/pool.js";
import type { ProcessInfo } from "../../protocol/process.js";

/** Ended processes that are remembered; the ones that ended first go first. */
export const maxEnded = 200;

const sigkill = 9;
const sigterm = 15;

/** Living processes, and ended ones that the user may want to see, until they are dismissed. */
export class ProcessBook {
  readonly #all = new Map<string, ProcessInfo>();
  /** Handles of those that ended, in the order in which they did. */
  readonly #ended = new Set<string>();

  get all(): ReadonlyMap<string, ProcessInfo> {
    return this.#all;
  }

  /** Whether that changed anything. `poolOf`: the pool as it is now, if it is known. */
  put(process: ProcessInfo, poolOf: (handle: string) => PoolInfo | undefined): boolean {
    const key = process.process;
    if (process.role === "host") return this.#remove(key);
    if (process.state !== "exited") {
      // A new server counts handles from the beginning.
      this.#ended.delete(key);
      this.#all.set(key, process);
      return true;
    }
    if (!isWorthKeeping(process, poolOf)) return this.#remove(key);
    this.#ended.delete(key);
    this.#ended.add(key);
    this.#all.set(key, process);
    if (this.#ended.size > maxEnded) this.#remove(this.#ended.values().next().value!);
    return true;
  }

  /** The living ones are these, and no others. Returns those that were living as far as was known, and are gone. */
  replaceLiving(living: readonly ProcessInfo[]): ProcessInfo[] {
    const now = new Set(living.map(({ process }) => process));
    const gone = [...this.#all.values()].filter((process) => process.state !== "exited" && !now.has(process.process));
    for (const { process } of gone) this.#remove(process);
    for (const process of living) this.put(process, () => undefined);
    return gone;
  }

  /**
   * The pool was terminated, or (null) the server was told to stop: workers that were killed a moment ago were killed
   * by that, though the news of it came later. Whether there were any.
   */
  forgetKilled(pool: string | null, since: number): boolean {
    const killed = [...this.#ended]
      .map((process) => this.#all.get(process)!)
      .filter(
        (process) =>
          (pool === null ? process.pool !== null : process.pool === pool) &&
          process.role !== "process" &&
          (process.endedAt ?? 0) >= since &&
          (process.exitCode === -sigterm || process.exitCode === -sigkill),
      );
    for (const { process } of killed) this.#remove(process);
    return killed.length > 0;
  }

  /** Of one that has ended; nothing happens to a living one. */
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

/**
 * Processes that a client started, and workers and commands that failed. Not those that a pool ended itself, because it
 * was finished or was told to.
 */
function isWorthKeeping(
  { role, exitCode, pool }: ProcessInfo,
  poolOf: (handle: string) => PoolInfo | undefined,
): boolean {
  if (role === "process") return true;
  if (exitCode === 0) return false;
  const state = pool === null ? undefined : poolOf(pool)?.state;
  return state !== "terminated" && !(exitCode !== null && exitCode < 0 && state !== "running");
}
