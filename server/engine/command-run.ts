import { PolyprocError } from "../../protocol/errors.js";
import type { Engine } from "./engine.js";
import { describeExit, type ProcessRecord } from "./process.js";
import type { ChildEvents, CommandSpec, ExitStatus } from "./spawner.js";

export interface CommandListener {
  spawned(pid: number): void;
  failed(error: PolyprocError): void;
  exited(status: ExitStatus): void;
  output?(stream: "stdout" | "stderr", data: Uint8Array): void;
}

/** One run of a program, kept in step with its process record. */
export class CommandRun implements ChildEvents {
  readonly #engine: Engine;
  readonly #record: ProcessRecord;
  readonly #listener: CommandListener;

  constructor(engine: Engine, record: ProcessRecord, spec: CommandSpec, listener: CommandListener) {
    this.#engine = engine;
    this.#record = record;
    this.#listener = listener;
    try {
      record.child = engine.options.spawner.startCommand({ ...spec, owner: record.starter?.owner }, this);
    } catch (error) {
      // The record must not stay "starting", which nothing would end.
      engine.guard.fault(null, error);
      engine.guard.soon(null, () => this.failed(new PolyprocError("SpawnFailed", `${spec.command} could not be started: ${String(error)}`)));
    }
  }

  spawned(pid: number): void {
    this.#record.spawned(pid);
    this.#listener.spawned(pid);
  }

  failed(error: PolyprocError): void {
    this.#listener.failed(error);
    this.#record.exitedWith({ exitCode: 127, signal: null }, error.message);
  }

  output(stream: "stdout" | "stderr", data: Uint8Array): void {
    this.#listener.output?.(stream, data);
    this.#engine.output.feed(this.#record, stream, data);
  }

  exited(status: ExitStatus): void {
    this.#engine.output.end(this.#record);
    this.#listener.exited(status);
    this.#record.exitedWith(status, describeExit(status));
  }
}
