import { spawn, type ChildProcess } from "node:child_process";
import { exitStatus, signalStatus } from "../exit-status.js";
import { onInterruption, type Interruption } from "../signals.js";

/**
 * Ends the command when we are killed, and so cannot: its standard input closes with us. A process group (a negative
 * pid) is ended as a whole. It is told the pid on its first line, and by a second line that the command has ended.
 */
const guard = `trap '' INT TERM HUP
IFS= read -r pid || exit 0
IFS= read -r over || { kill -s TERM -- "$pid" && sleep 1 && kill -s KILL -- "$pid"; } 2>/dev/null
exit 0`;

/**
 * The user's command, as our own child with our standard streams. On a terminal it stays in our process group, so that
 * it may read and gets Ctrl-C from the terminal itself; elsewhere it has a group of its own, and is signalled with all
 * that it started.
 */
export class HeldCommand {
  /**
   * Its exit status as a shell reports it. Never rejects: 126 and 127 for a command that cannot be started, after
   * saying why.
   */
  readonly status: Promise<number>;
  readonly #child: ChildProcess;
  readonly #guard: ChildProcess;
  readonly #onTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;

  constructor([program, ...args]: readonly string[]) {
    this.#guard = spawn("/bin/sh", ["-c", guard], { stdio: ["pipe", "ignore", "ignore"], detached: true });
    // Without a guard the command runs all the same.
    this.#guard.on("error", () => {});
    this.#guard.stdin!.on("error", () => {});
    this.#child = spawn(program!, args, { stdio: "inherit", detached: !this.#onTerminal });
    if (this.#child.pid !== undefined) this.#guard.stdin!.write(`${this.#target(this.#child.pid)}\n`);
    this.status = this.#run(program!);
  }

  /** Asks it to end. */
  end(): void {
    this.#signal("SIGTERM");
  }

  async #run(program: string): Promise<number> {
    const stopWatching = onInterruption((signal) => {
      // The terminal has told the whole group already.
      if (signal === "SIGINT" && this.#onTerminal) return;
      this.#signal(signal);
    });
    try {
      return await new Promise<number>((resolve) => {
        this.#child.once("error", (error: NodeJS.ErrnoException) => {
          process.stderr.write(`polyproc: cannot start ${JSON.stringify(program)}: ${error.code === "ENOENT" ? "no such program; check its spelling" : error.code === "EACCES" ? "it may not be executed; check its permissions" : error.message}\n`);
          resolve(error.code === "ENOENT" ? exitStatus.commandNotFound : exitStatus.notExecutable);
        });
        this.#child.once("exit", (code, signal) => resolve(signal === null ? (code ?? 0) : signalStatus(signal)));
      });
    } finally {
      stopWatching();
      this.#guard.stdin!.end("over\n");
      this.#guard.unref();
    }
  }

  #signal(signal: Interruption): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(this.#target(pid), signal);
    } catch {
      // It ended by itself.
    }
  }

  #target(pid: number): number {
    return this.#onTerminal ? pid : -pid;
  }
}
