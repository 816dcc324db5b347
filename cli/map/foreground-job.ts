import { closeSync, writeSync } from "node:fs";
import { constants } from "node:os";
import { hasStopped, makePipe, reapProcess, startProcess, type TerminalControl } from "../../native/load.js";
import type { Ending } from "../ending.js";
import { signalStatus } from "../exit-status.js";
import { behindGate } from "../hold/gate.js";
import { onInterruption, type Interruption } from "../signals.js";
import { modesOf, restoreModes } from "./terminal-modes.js";

/** SIGCHLD tells of changes. A listener of signals does not hold the event loop; this timer does. */
const holdMs = 1000;

/**
 * A command in its own process group, which has the terminal while it runs: as a shell runs a job. Ctrl-C and
 * Ctrl-Z reach the command alone. If it is stopped, this process takes the terminal and stops its own group; after `fg`
 * the command has the terminal again and continues.
 */
export class ForegroundJob {
  /** As `HeldCommand.ending`; also `SIGINT` if the command ended by Ctrl-C. */
  readonly ending: Promise<Ending>;
  readonly #pid: number;
  readonly #terminal: number;
  readonly #control: TerminalControl;
  /** Those of this process, and those of the command while it is stopped. */
  readonly #modes: string | null;
  #modesOfJob: string | null = null;
  #hasTerminal = false;
  #interruption: Interruption | null = null;

  /** Null: the system does not start it. No word may contain a NUL. `modes`: what the terminal has between commands. */
  static start(
    words: readonly string[],
    terminal: number,
    control: TerminalControl,
    modes: string | null,
  ): ForegroundJob | null {
    const gate = makePipe();
    if (!gate) return null;
    const [childs, own] = gate;
    const pid = startProcess({
      path: "/bin/sh",
      args: ["sh", ...behindGate(3, words)],
      env: Object.entries(process.env).map(([name, value]) => `${name}=${value}`),
      cwd: undefined,
      descriptors: [terminal, 1, 2, childs],
      inSession: true,
    });
    closeSync(childs);
    const job = pid === null ? null : new ForegroundJob(pid, terminal, control, modes);
    try {
      if (job) writeSync(own, "open\n");
    } catch {
      // It was killed before it began.
    }
    closeSync(own);
    return job;
  }

  private constructor(pid: number, terminal: number, control: TerminalControl, modes: string | null) {
    this.#pid = pid;
    this.#terminal = terminal;
    this.#control = control;
    this.#modes = modes;
    this.#give();
    this.ending = this.#run();
  }

  async #run(): Promise<Ending> {
    const stopWatching = onInterruption((signal) => {
      this.#interruption = signal;
      this.#signal(signal);
      this.#signal("SIGCONT");
    });
    // A shell that continues this group may have given it the terminal, or not.
    const continued = () => this.#give();
    process.on("SIGCONT", continued);
    let look = () => {};
    const timer = setInterval(() => look(), holdMs);
    const how = await new Promise<number>((resolve) => {
      look = () => {
        const ended = reapProcess(this.#pid);
        if (ended !== null) resolve(ended);
        else if (hasStopped(this.#pid)) this.#stop();
      };
      process.on("SIGCHLD", look);
      look();
    });
    clearInterval(timer);
    process.off("SIGCHLD", look);
    process.off("SIGCONT", continued);
    this.#take();
    this.#control.guard(null, false);
    const ending = this.#endingOf(how);
    // Ctrl-C was for the rest of this group, too: for the script that runs this command line.
    if (ending === "SIGINT" && this.#interruption === null) process.kill(0, "SIGINT");
    stopWatching();
    return ending;
  }

  #endingOf(how: number): Ending {
    // The terminal was closed, which ends its foreground group: not this one.
    if (this.#control.holder() < 0) return "SIGHUP";
    const status = how < 0 ? 128 - how : how;
    if (this.#interruption !== null && status === signalStatus(this.#interruption)) return this.#interruption;
    return -how === constants.signals.SIGINT ? "SIGINT" : status;
  }

  /** Stops this group, until a shell continues it. */
  #stop(): void {
    const isInBackground = !this.#hasTerminal && this.#control.holder() !== this.#control.ownGroup;
    if (this.#hasTerminal) this.#modesOfJob = modesOf(this.#terminal);
    const hadTerminal = this.#take();
    // Returns after `fg` or `bg`; at once, without a stop, if no shell controls jobs.
    if (hadTerminal || isInBackground) process.kill(0, "SIGTSTP");
    this.#give();
    this.#signal("SIGCONT");
  }

  /** Gives the command the terminal, if this group has it. */
  #give(): void {
    const holder = this.#control.holder();
    if (holder === this.#control.ownGroup) {
      restoreModes(this.#terminal, this.#modesOfJob);
      this.#modesOfJob = null;
      this.#hasTerminal = this.#control.give(this.#pid);
    } else if (holder !== this.#pid) {
      this.#hasTerminal = false;
    }
    this.#control.guard(this.#pid, this.#hasTerminal);
  }

  /** Whether the command had the terminal, which is this group's then. */
  #take(): boolean {
    if (!this.#hasTerminal) return false;
    this.#control.give(this.#control.ownGroup);
    this.#hasTerminal = false;
    this.#control.guard(this.#pid, false);
    restoreModes(this.#terminal, this.#modes);
    return true;
  }

  #signal(signal: Interruption | "SIGCONT"): void {
    try {
      process.kill(-this.#pid, signal);
    } catch {
      // It has ended.
    }
  }
}
