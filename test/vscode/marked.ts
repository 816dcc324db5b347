import { randomUUID } from "node:crypto";
import { waitFor } from "../deadline.js";
import { markedProcesses } from "../runner/leaks.js";

const variable = "POLYPROC_HARNESS";
const endMs = 60_000;

/**
 * Everything that one VS Code starts, by a mark in its environment: the extension's server outlives its window on
 * purpose. Seen on Linux only.
 */
export class Marked {
  readonly #value = randomUUID();

  /** For VS Code's process. */
  get environment(): Record<string, string> {
    return { [variable]: this.#value };
  }

  processes() {
    return markedProcesses(`${variable}=${this.#value}`);
  }

  /** Servers, by the programs that they run. */
  servers() {
    return this.processes().filter(
      (row) => /\bserver\.cjs |\bserver\/main\.js /.test(`${row.command()} `) && !/code-server/.test(row.command()),
    );
  }

  /** Asks VS Code and all that it started to end. */
  stop(): void {
    terminate(this.processes());
  }

  /**
   * Once VS Code was told to end: asks the extension's servers to, and waits until no process is left that writes
   * files. The runner finds processes that stay nevertheless.
   */
  async end(): Promise<void> {
    terminate(this.servers());
    await waitFor(() => this.processes().length === 0, { timeoutMs: endMs, intervalMs: 20 }).catch(() => {});
  }
}

function terminate(rows: readonly { pid: number }[]): void {
  for (const { pid } of rows) {
    try {
      process.kill(pid, "SIGTERM");
    } catch {
      // It has ended.
    }
  }
}
