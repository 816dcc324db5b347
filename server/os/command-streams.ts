import type { ChildProcess } from "node:child_process";
import type { StandardStream } from "../../protocol/process.js";
import type { ChildEvents, ChildStreams } from "../engine/processes/spawner.js";

/** The standard streams of a command that its starter writes and reads. */
export class CommandStreams implements ChildStreams {
  readonly #events: ChildEvents;
  readonly #names: readonly StandardStream[];
  #process: ChildProcess | null = null;
  /** Calls from before the start, in order. */
  #early: ((process: ChildProcess | null) => void)[] = [];
  #ended = false;

  constructor(events: ChildEvents, names: readonly StandardStream[]) {
    this.#events = events;
    this.#names = names;
  }

  started(process: ChildProcess): void {
    this.#process = process;
    for (const stream of ["stdout", "stderr"] as const)
      if (this.#names.includes(stream)) process[stream]?.once("end", () => this.#events.outputEnded?.(stream));
    this.#runEarly();
  }

  /** The program was reaped, or could not be started. */
  ended(): void {
    this.#ended = true;
    this.#runEarly();
  }

  write(data: Uint8Array, done: (taken: boolean) => void): void {
    this.#whenStarted((process) => {
      const stdin = process?.stdin;
      // A stream that has failed would report every further write as an error of its own.
      if (!stdin?.writable) done(false);
      else stdin.write(data, (error) => done(!error));
    });
  }

  close(stream: StandardStream): void {
    this.#whenStarted((process) => {
      if (stream === "stdin") process?.stdin?.end();
      else process?.[stream]?.destroy();
    });
  }

  pause(stream: "stdout" | "stderr"): void {
    if (!this.#ended) this.#process?.[stream]?.pause();
  }

  resume(stream: "stdout" | "stderr"): void {
    this.#process?.[stream]?.resume();
  }

  #whenStarted(call: (process: ChildProcess | null) => void): void {
    if (this.#process || this.#ended) call(this.#process);
    else this.#early.push(call);
  }

  #runEarly(): void {
    const calls = this.#early;
    this.#early = [];
    for (const call of calls) call(this.#process);
  }
}
