import { spawn, type ChildProcess } from "node:child_process";
import { unmarkedEnvironment } from "./environment.js";
import { leaseWatchdogScript } from "./lease-watchdog-script.js";

/**
 * A small `sh` process that kills process groups whose leases end, also if this server hangs or is stopped. It is
 * started with the first lease, and again if it ends. Not on Windows.
 */
export class LeaseWatchdog {
  /** For each group its leases, with their ends on the monotonic clock. */
  readonly #ends = new Map<number, Map<string, number>>();
  #process: ChildProcess | null = null;
  #ended = process.platform === "win32";

  /** The group is killed after `ms` unless this lease is renewed before. Null: the lease has ended. */
  set(group: number, lease: string, ms: number | null): void {
    if (this.#ended) return;
    const leases = this.#ends.get(group);
    if (ms === null) {
      if (!leases?.delete(lease)) return;
      if (leases.size === 0) this.#ends.delete(group);
    } else if (leases) leases.set(lease, performance.now() + ms);
    else this.#ends.set(group, new Map([[lease, performance.now() + ms]]));
    this.#start();
    this.#tell(group);
  }

  /** The group's process has exited. Returns whether one of its leases had ended. */
  forget(group: number): boolean {
    const leases = this.#ends.get(group);
    if (!leases) return false;
    this.#ends.delete(group);
    this.#tell(group);
    return Math.min(...leases.values()) <= performance.now();
  }

  end(): void {
    this.#ended = true;
    this.#process?.stdin?.end("q\n");
  }

  #start(): void {
    if (this.#process) return;
    let watchdog: ChildProcess;
    try {
      // Detached: a new session, which a terminal's Ctrl-C does not reach.
      watchdog = spawn("/bin/sh", ["-c", leaseWatchdogScript, "polyproc-lease-watchdog"], {
        cwd: "/",
        detached: true,
        env: unmarkedEnvironment(),
        stdio: ["pipe", "ignore", "ignore"],
      });
    } catch {
      return;
    }
    const over = () => {
      if (this.#process === watchdog) this.#process = null;
    };
    // The next renewal starts another one.
    watchdog.once("error", over);
    watchdog.once("exit", over);
    if (watchdog.pid === undefined) return;
    this.#process = watchdog;
    watchdog.unref();
    (watchdog.stdin as unknown as { unref(): void } | null)?.unref();
    watchdog.stdin?.on("error", () => {});
    for (const group of this.#ends.keys()) this.#tell(group);
  }

  #tell(group: number): void {
    const leases = this.#ends.get(group);
    const seconds = leases ? Math.max(0, Math.min(...leases.values()) - performance.now()) / 1000 : null;
    this.#process?.stdin?.write(`${group} ${seconds === null ? "-" : seconds.toFixed(3)}\n`);
  }
}
