import type { StandardStream } from "../../protocol/process.js";
import type { ChildEvents, ChildStreams } from "../engine/processes/spawner.js";
import type { Running } from "./start/running.js";

/** The standard streams of a command that its starter writes and reads. */
export class CommandStreams implements ChildStreams {
  readonly #events: ChildEvents;
  readonly #names: readonly StandardStream[];
  #running: Running | null = null;
  /** Calls from before the start, in order. */
  #early: ((running: Running | null) => void)[] = [];
  #ended = false;

  constructor(events: ChildEvents, names: readonly StandardStream[]) {
    this.#events = events;
    this.#names = names;
  }

  started(running: Running): void {
    this.#running = running;
    for (const stream of ["stdout", "stderr"] as const)
      if (this.#names.includes(stream)) running[stream]?.once("end", () => this.#events.outputEnded?.(stream));
    this.#runEarly();
  }

  /** The program was reaped, or could not be started. */
  ended(): void {
    this.#ended = true;
    this.#runEarly();
  }

  write(data: Uint8Array, done: (taken: boolean) => void): void {
    this.#whenStarted((running) => {
      const stdin = running?.stdin;
      // A stream that has failed would report every further write as an error of its own.
      if (!stdin?.writable) done(false);
      else stdin.write(data, (error) => done(!error));
    });
  }

  close(stream: StandardStream): void {
    this.#whenStarted((running) => {
      if (stream === "stdin") running?.stdin?.end();
      else running?.[stream]?.destroy();
    });
  }

  pause(stream: "stdout" | "stderr"): void {
    if (!this.#ended) this.#running?.[stream]?.pause();
  }

  resume(stream: "stdout" | "stderr"): void {
    this.#running?.[stream]?.resume();
  }

  #whenStarted(call: (running: Running | null) => void): void {
    if (this.#running || this.#ended) call(this.#running);
    else this.#early.push(call);
  }

  #runEarly(): void {
    const calls = this.#early;
    this.#early = [];
    for (const call of calls) call(this.#running);
  }
}
