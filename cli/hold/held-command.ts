import { spawn, type ChildProcess } from "node:child_process";
import type { Socket } from "node:net";
import type { Ending } from "../ending.js";
import { exitStatus, signalStatus } from "../exit-status.js";
import { onInterruption, type Interruption } from "../signals.js";
import { behindGate } from "./gate.js";
import { whyNotStartable } from "./startable.js";

/**
 * Ends the command if this process is killed and cannot do so itself: the guard's standard input then reaches EOF. The
 * first line of its input is the command's pid, or minus the pid of its process group; the guard answers when it has
 * it. A second line says that the command has ended.
 */
const guard = `trap '' INT TERM HUP
IFS= read -r pid || exit 0
echo watching || exit 0
IFS= read -r over || { kill -s TERM -- "$pid" && sleep 1 && kill -s KILL -- "$pid"; } 2>/dev/null
exit 0`;

/**
 * Ctrl-C ends the command and signals this process at the same moment. But while a process starts, its starter gets the
 * signal on another thread, perhaps late. This process waits this many milliseconds for it.
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
  /** Null: the command could not be started. */
  readonly #child: ChildProcess | null = null;
  readonly #onTerminal: boolean;
  #interruption: Interruption | null = null;
  /** Called with the signal by which the command ended, as after Ctrl-C. */
  #heard: (() => void) | null = null;

  /**
   * `file`: an open file that the command inherits, as descriptor 3. `stdin`: a terminal that is its standard input.
   * Default: that of this process.
   */
  constructor([program, ...args]: readonly string[], { file, stdin }: { file?: number; stdin?: number } = {}) {
    this.#onTerminal =
      stdin !== undefined || process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY || false;
    // Before the command runs: what it prints may make a user type Ctrl-C at once.
    const stopWatching = onInterruption((signal) => this.#interrupted(signal));
    const fault = whyNotStartable(program!);
    if (fault !== null) {
      stopWatching();
      process.stderr.write(`polyproc: cannot start ${JSON.stringify(program)}: ${fault.reason}\n`);
      this.ending = Promise.resolve(fault.status);
      return;
    }
    const guarding = spawn("/bin/sh", ["-c", guard], { stdio: ["pipe", "pipe", "ignore"], detached: true });
    const inherited = [stdin ?? "inherit", "inherit", "inherit", ...(file === undefined ? [] : [file])] as const;
    const gate = inherited.length;
    const child = spawn("/bin/sh", behindGate(gate, [program!, ...args]), {
      stdio: [...inherited, "pipe"],
      detached: !this.#onTerminal,
    });
    this.#child = child;
    const opening = child.stdio[gate] as Socket;
    // The command runs even without a guard.
    const open = () => void opening.end("open\n");
    opening.on("error", () => {});
    guarding.on("error", open);
    guarding.stdin.on("error", open);
    guarding.stdout.once("data", open).once("end", open);
    if (child.pid !== undefined) guarding.stdin.write(`${this.#target(child.pid)}\n`);
    this.ending = this.#run(program!, child, guarding, stopWatching);
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

  async #run(program: string, child: ChildProcess, guarding: ChildProcess, stopWatching: () => void): Promise<Ending> {
    try {
      return await new Promise<Ending>((resolve) => {
        child.once("error", (error) => {
          process.stderr.write(`polyproc: cannot start ${JSON.stringify(program)}: ${error.message}\n`);
          resolve(exitStatus.notExecutable);
        });
        child.once("exit", (code, signal) => {
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
      guarding.stdin!.end("over\n");
      guarding.unref();
      (guarding.stdout as Socket).unref();
    }
  }

  #endingOf(code: number | null, signal: NodeJS.Signals | null): Ending {
    const status = signal === null ? (code ?? 0) : signalStatus(signal);
    const interruption = this.#interruption;
    return interruption !== null && status === signalStatus(interruption) ? interruption : status;
  }

  #signal(signal: Interruption): void {
    const pid = this.#child?.pid;
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
