import { spawn, type ChildProcess } from "node:child_process";
import type { Ending } from "../ending.js";
import { exitStatus, signalStatus } from "../exit-status.js";
import { onInterruption, type Interruption } from "../signals.js";

/**
 * Ends the command if this process is killed and cannot do so itself: the guard's standard input then reaches EOF. The
 * first line of its input is the command's pid, or minus the pid of its process group. A second line says that the
 * command has ended.
 */
const guard = `trap '' INT TERM HUP
IFS= read -r pid || exit 0
IFS= read -r over || { kill -s TERM -- "$pid" && sleep 1 && kill -s KILL -- "$pid"; } 2>/dev/null
exit 0`;

/**
 * Ctrl-C ends the command and signals this process at the same moment. But while a process starts, another thread of
 * this one gets the signal, and may be late: so long is waited for it, in milliseconds.
 */
const ctrlCMs = 500;

/**
 * The user's command: a child of this process with the same standard streams.
 *
 * On a terminal it stays in this process group, so it may read from the terminal and gets Ctrl-C from it. Elsewhere it
 * has a process group of its own, so that signals also reach its descendants.
 */
export class HeldCommand {
  /**
   * Resolves with the exit status as a shell reports it, or with the signal if one that this process got has ended the
   * command. Never rejects: if the command cannot be started, says why and resolves with 126 or 127.
   */
  readonly ending: Promise<Ending>;
  readonly #child: ChildProcess;
  readonly #guard: ChildProcess;
  readonly #onTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  #interruption: Interruption | null = null;
  /** The command has ended as by Ctrl-C: called with the signal of it. */
  #heard: (() => void) | null = null;

  /** `file`: an open file that the command inherits, as descriptor 3. */
  constructor([program, ...args]: readonly string[], file?: number) {
    // Before the command runs: what it prints may make a user type Ctrl-C at once.
    const stopWatching = onInterruption((signal) => this.#interrupted(signal));
    this.#guard = spawn("/bin/sh", ["-c", guard], { stdio: ["pipe", "ignore", "ignore"], detached: true });
    // The command runs even without a guard.
    this.#guard.on("error", () => {});
    this.#guard.stdin!.on("error", () => {});
    this.#child = spawn(program!, args, {
      stdio: ["inherit", "inherit", "inherit", ...(file === undefined ? [] : [file])],
      detached: !this.#onTerminal,
    });
    if (this.#child.pid !== undefined) this.#guard.stdin!.write(`${this.#target(this.#child.pid)}\n`);
    this.ending = this.#run(program!, stopWatching);
  }

  /** Sends SIGTERM. */
  end(): void {
    this.#signal("SIGTERM");
  }

  #interrupted(signal: Interruption): void {
    this.#interruption = signal;
    this.#heard?.();
    // The terminal has already signalled the whole process group.
    if (signal === "SIGINT" && this.#onTerminal) return;
    this.#signal(signal);
  }

  async #run(program: string, stopWatching: () => void): Promise<Ending> {
    try {
      return await new Promise<Ending>((resolve) => {
        this.#child.once("error", (error: NodeJS.ErrnoException) => {
          process.stderr.write(`polyproc: cannot start ${JSON.stringify(program)}: ${reasonOf(error)}\n`);
          resolve(error.code === "ENOENT" ? exitStatus.commandNotFound : exitStatus.notExecutable);
        });
        this.#child.once("exit", (code, signal) => {
          const end = () => resolve(this.#endingOf(code, signal));
          if (this.#onTerminal && signal === "SIGINT" && this.#interruption === null) {
            const timer = setTimeout(end, ctrlCMs);
            this.#heard = () => {
              clearTimeout(timer);
              end();
            };
          } else {
            end();
          }
        });
      });
    } finally {
      stopWatching();
      this.#guard.stdin!.end("over\n");
      this.#guard.unref();
    }
  }

  #endingOf(code: number | null, signal: NodeJS.Signals | null): Ending {
    const status = signal === null ? (code ?? 0) : signalStatus(signal);
    const interruption = this.#interruption;
    return interruption !== null && status === signalStatus(interruption) ? interruption : status;
  }

  #signal(signal: Interruption): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(this.#target(pid), signal);
    } catch {
      // The command ended first.
    }
  }

  #target(pid: number): number {
    return this.#onTerminal ? pid : -pid;
  }
}

function reasonOf(error: NodeJS.ErrnoException): string {
  if (error.code === "ENOENT") return "no such program; check its spelling";
  if (error.code === "EACCES") return "it may not be executed; check its permissions";
  return error.message;
}
