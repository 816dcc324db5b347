import type { Timer } from "../clock.js";
import type { Guard, Principal } from "../guard.js";

/** The timers of the task that one worker runs: the timeout of its item, and the grace of a task that is to stop. */
export class TaskTimers {
  readonly #guard: Guard;
  readonly #pool: Principal;
  #timeout: Timer | undefined;
  #grace: Timer | undefined;

  constructor(guard: Guard, pool: Principal) {
    this.#guard = guard;
    this.#pool = pool;
  }

  /** Starts the timeout again, for the item that runs now; null: it has none. */
  restart(timeoutMs: number | null, onTimeout: () => void): void {
    this.endTimeout();
    if (timeoutMs === null) return;
    this.#timeout = this.#guard.after(timeoutMs, this.#pool, () => {
      this.#timeout = undefined;
      onTimeout();
    });
  }

  /** Whether a timeout is set that has not passed. */
  get isRunning(): boolean {
    return this.#timeout !== undefined;
  }

  endTimeout(): void {
    this.#timeout?.cancel();
    this.#timeout = undefined;
  }

  /** The task was asked to stop: calls `kill` unless it ends in time. */
  startGrace(graceMs: number, kill: () => void): void {
    this.#grace?.cancel();
    this.#grace = this.#guard.after(graceMs, this.#pool, kill);
  }

  endGrace(): void {
    this.#grace?.cancel();
  }

  end(): void {
    this.endTimeout();
    this.endGrace();
  }
}
