import type { PolyprocError } from "../../../protocol/errors.js";
import type { StoredEntry } from "../../../protocol/batch-record.js";
import { CommandRun, type CommandDependencies } from "../processes/command-run.js";
import { describeExit, type ProcessRecord } from "../processes/process.js";
import type { ProcessTable } from "../processes/process-table.js";
import type { CommandSpec, ExitStatus, SignalNumber } from "../processes/spawner.js";
import type { Session } from "../session.js";
import type { BatchLog } from "./batch-store.js";

export type BatchRunDependencies = CommandDependencies & {
  readonly processes: Pick<ProcessTable, "newTaskProcess">;
  readonly options: { readonly signalNumber: SignalNumber };
};

export interface RunEnd {
  exitCode: number;
  reason: string | null;
}

/** One process of an entry: its command, or its hook. */
export class BatchRun {
  readonly #record: ProcessRecord;
  /** Null: it could not be made, and the output is not kept. */
  readonly #log: BatchLog | null;
  readonly #changed: () => void;
  #logFault: string | null = null;
  #stopped = false;
  #over = false;

  /** `name`: of its process in lists. `changed`: it was started, or has written. */
  constructor(
    engine: BatchRunDependencies,
    session: Session,
    name: string,
    { cwd, env, umask, nice, limits }: Pick<StoredEntry, "cwd" | "env" | "umask" | "nice" | "limits">,
    [program, ...args]: readonly string[],
    log: BatchLog | null,
    changed: () => void,
    ended: (end: RunEnd) => void,
  ) {
    this.#log = log;
    this.#changed = changed;
    const spec: CommandSpec = {
      command: program ?? "",
      args,
      cwd,
      env,
      umask: umask ?? undefined,
      nice: nice ?? undefined,
      limits: limits ?? undefined,
    };
    const end = (exitCode: number, why: string | null) => {
      if (this.#over) return;
      this.#over = true;
      this.#close();
      ended({ exitCode, reason: [why, this.#logFault].filter((part) => part !== null).join("; ") || null });
    };
    this.#record = engine.processes.newTaskProcess(
      name,
      [spec.command, ...args].join(" ").slice(0, 500),
      spec,
      session,
      null,
    );
    new CommandRun(engine, this.#record, spec, {
      spawned: () => {
        if (this.#stopped) this.#record.suspend(true);
        changed();
      },
      output: (_stream, data) => this.#write(data),
      failed: (error: PolyprocError) => {
        this.#write(Buffer.from(`polyproc: ${error.message}\n`));
        end(error.data["errno"] === "ENOENT" ? 127 : 126, error.message);
      },
      exited: (status: ExitStatus) =>
        end(
          status.signal === null ? status.exitCode : -engine.options.signalNumber(status.signal),
          status.exitCode === 0 ? null : describeExit(status),
        ),
      endAfterFault: (error) => {
        this.#record.kill();
        end(126, error.message);
      },
    });
  }

  get pid(): number | null {
    return this.#record.pid;
  }

  /** Stops its processes, or lets them continue. */
  suspend(stop: boolean): void {
    this.#stopped = stop;
    this.#record.suspend(stop);
  }

  #write(data: Uint8Array): void {
    if (!this.#log || this.#logFault !== null) return;
    try {
      this.#log.append(data);
    } catch (error) {
      this.#logFault = `its log is incomplete: ${(error as Error).message}`;
    }
    this.#changed();
  }

  #close(): void {
    try {
      this.#log?.close();
    } catch (error) {
      this.#logFault ??= `its log is incomplete: ${(error as Error).message}`;
    }
  }
}
