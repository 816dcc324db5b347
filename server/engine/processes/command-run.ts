import { PolyprocError } from "../../../protocol/errors.js";
import type { Guard, Principal } from "../guard.js";
import type { Progress } from "../../../protocol/progress.js";
import type { OutputHub } from "./output.js";
import { describeExit, type ProcessRecord } from "./process.js";
import { ProgressSequences } from "./progress-sequence.js";
import type { ChildEvents, CommandSpec, ExitStatus, Spawner } from "./spawner.js";

/** What a run of a program needs of the engine. */
export interface CommandDependencies {
  readonly guard: Guard;
  readonly output: Pick<OutputHub, "feed" | "end">;
  readonly options: { readonly spawner: Pick<Spawner, "startCommand"> };
}

/** A fault in what it is told ends the listener. */
export interface CommandListener extends Principal {
  spawned(pid: number): void;
  failed(error: PolyprocError): void;
  exited(status: ExitStatus): void;
  output?(stream: "stdout" | "stderr", data: Uint8Array): void;
  /** The program reported its progress by a sequence in its output. Without this, sequences are output. */
  progress?(progress: Progress): void;
}

/** One run of a program, kept in step with its process record. */
export class CommandRun implements ChildEvents {
  readonly #engine: CommandDependencies;
  readonly #record: ProcessRecord;
  readonly #listener: CommandListener;
  /** Null: sequences are output. */
  readonly #sequences: Record<"stdout" | "stderr", ProgressSequences> | null;

  constructor(engine: CommandDependencies, record: ProcessRecord, spec: CommandSpec, listener: CommandListener) {
    this.#engine = engine;
    this.#record = record;
    this.#listener = listener;
    const report = listener.progress?.bind(listener);
    this.#sequences = report ? { stdout: new ProgressSequences(report), stderr: new ProgressSequences(report) } : null;
    try {
      record.child = engine.options.spawner.startCommand({ ...spec, owner: record.starter?.owner }, this);
    } catch (error) {
      // The record must not stay "starting", which nothing would end.
      engine.guard.fault(null, error);
      engine.guard.soon(null, () =>
        this.failed(new PolyprocError("SpawnFailed", `${spec.command} could not be started: ${String(error)}`)),
      );
    }
  }

  spawned(pid: number): void {
    this.#engine.guard.run(null, () => this.#record.spawned(pid));
    this.#engine.guard.run(this.#listener, () => this.#listener.spawned(pid));
  }

  failed(error: PolyprocError): void {
    this.#engine.guard.run(this.#listener, () => this.#listener.failed(error));
    this.#engine.guard.run(null, () => this.#record.exitedWith({ exitCode: 127, signal: null }, error.message));
  }

  output(stream: "stdout" | "stderr", data: Uint8Array): void {
    this.#engine.guard.run(this.#listener, () => {
      const { streams } = this.#record;
      if (streams?.takes(stream)) {
        streams.feed(stream, data);
        return;
      }
      this.#pass(stream, this.#sequences?.[stream].take(data) ?? data);
    });
  }

  #pass(stream: "stdout" | "stderr", data: Uint8Array): void {
    if (data.length === 0) return;
    this.#listener.output?.(stream, data);
    this.#engine.output.feed(this.#record, stream, data);
  }

  outputEnded(stream: "stdout" | "stderr"): void {
    this.#engine.guard.run(this.#listener, () => this.#record.streams?.outputEnded(stream));
  }

  exited(status: ExitStatus): void {
    for (const stream of ["stdout", "stderr"] as const) {
      const rest = this.#sequences?.[stream].end();
      if (rest) this.#engine.guard.run(this.#listener, () => this.#pass(stream, rest));
    }
    this.#engine.guard.run(null, () => this.#engine.output.end(this.#record));
    this.#engine.guard.run(this.#listener, () => this.#listener.exited(status));
    this.#engine.guard.run(null, () => this.#record.exitedWith(status, describeExit(status)));
  }
}
