import { PolyprocError, type ErrorObject } from "../../../protocol/errors.js";
import * as jobs from "../../../protocol/job.js";
import type { Handle, Payload } from "../../../protocol/schema.js";
import type { CommandResult, CommandTarget } from "../../../protocol/target.js";
import type { Timer } from "../clock.js";
import { fillArguments, fillItem } from "../processes/command-line.js";
import { CommandOutput } from "../processes/command-output.js";
import { CommandRun } from "../processes/command-run.js";
import type { PoolDependencies } from "./dependencies.js";
import type { Principal } from "../guard.js";
import { highWaterBytes } from "../peer.js";
import { describeExit, type ProcessRecord } from "../processes/process.js";
import { ProgressGate } from "../processes/progress-gate.js";
import type { CommandSpec, ExitStatus } from "../processes/spawner.js";
import type { Session } from "../session.js";
import type { Outcome, Task } from "./task.js";

/** The pool, as its commands see it. */
export interface CommandPool extends Principal {
  readonly engine: PoolDependencies;
  readonly handle: Handle;
  readonly session: Session;
  began(task: Task, pid: number, startedAt: number): void;
  outcome(task: Task, outcome: Outcome, pid: number, ms: number): void;
  commandGone(): void;
}

const defaultMaxOutputBytes = 1024 * 1024;
/** Most characters of a command line that are shown: an item in it may be long. */
const maxShownLength = 500;

/** A task that is a program: one process for one item. */
export class PoolCommand {
  readonly task: Task;
  readonly #pool: CommandPool;
  readonly #record: ProcessRecord;
  readonly #target: CommandTarget;
  readonly #output: Record<"stdout" | "stderr", CommandOutput>;
  readonly #progress: ProgressGate;
  readonly #since: number;
  #deadline: Timer | undefined;
  #over = false;
  /** It waits until the client has read its output. */
  #isHeldBack = false;
  /** Called once, when the command has ended, before the pool is told. */
  onGone: () => void = () => {};

  constructor(pool: CommandPool, task: Task) {
    const { engine } = pool;
    this.#pool = pool;
    this.task = task;
    task.state = "sent";
    this.#target = task.job.target as CommandTarget;
    this.#output = { stdout: this.#newOutput("stdout"), stderr: this.#newOutput("stderr") };
    this.#since = engine.clock.now();
    const wallTime = engine.clock.wallTime();
    const spec = this.#fill();
    this.#record = engine.processes.newTaskProcess(
      `${task.job.name} [${task.index}]`,
      shownCommand(spec instanceof PolyprocError ? this.#target : spec),
      spec instanceof PolyprocError ? null : spec,
      pool.session,
      pool.handle,
    );
    this.#progress = new ProgressGate(this.#record);
    this.#record.task = { job: task.job.handle, index: task.index, startedAt: wallTime };
    if (spec instanceof PolyprocError) {
      // In a later turn of the event loop: each refusal starts the next task, and thousands in one turn would block
      // other clients.
      engine.guard.after(0, pool, () => this.#refused(spec));
      return;
    }
    new CommandRun(engine, this.#record, spec, {
      spawned: (pid) => {
        pool.began(task, pid, wallTime);
        if (task.job.timeoutMs !== null)
          this.#deadline = engine.guard.after(task.job.timeoutMs, pool, () => this.stop("TimedOut", task.job.graceMs));
      },
      output: (stream, data) => {
        if (this.#target.stream) this.#sendOutput(stream, data);
        const output = this.#output[stream];
        if (output.fault) return;
        output.push(data);
        if (output.fault) this.#record.terminate(task.job.graceMs);
      },
      progress: (report) => {
        if (!this.#over) this.#progress.set({ index: task.index, ...report }, task.job);
      },
      failed: (error) => engine.guard.soon(pool, () => this.#end({ error: error.toErrorObject() })),
      exited: (status) => this.#end(this.#result(status)),
      endAfterFault: (error) => pool.endAfterFault(error),
    });
  }

  stop(reason: "Cancelled" | "TimedOut", graceMs: number): void {
    if (this.#over) return;
    if (reason === "Cancelled") this.#record.dismissed = true;
    if (this.task.stopping) {
      // A cancelled task is not retried, also if it timed out before.
      if (reason === "Cancelled") this.task.stopping = reason;
      return;
    }
    this.task.stopping = reason;
    this.#record.terminate(graceMs);
  }

  kill(): void {
    this.#record.dismiss();
  }

  /** While the client does not read, the command waits. A watcher of its output may let it go on for a moment. */
  #sendOutput(stream: "stdout" | "stderr", data: Uint8Array): void {
    const { session, engine } = this.#pool;
    const { job, index } = this.task;
    if (session.ended) return;
    const { codec } = engine.options;
    session.peer.notify(jobs.output, { job: job.handle, index, stream, data: codec.fromBytes([data]) });
    if (this.#isHeldBack || session.peer.backlogBytes() <= highWaterBytes) return;
    this.#isHeldBack = true;
    this.#record.child?.pauseOutput();
    engine.guard.whenRead(session.peer, this.#pool, () => {
      this.#isHeldBack = false;
      this.#record.child?.resumeOutput();
    });
  }

  #newOutput(stream: "stdout" | "stderr"): CommandOutput {
    const { engine, session } = this.#pool;
    const { maxOutputBytes = defaultMaxOutputBytes, outputFolder } = this.#target;
    return new CommandOutput(
      maxOutputBytes,
      engine.budget.server,
      outputFolder === undefined
        ? null
        : () => engine.outputFolders.create(session, outputFolder, `${this.task.index}.${stream}`),
    );
  }

  /** The command with its item filled in, or the error that prevents it. */
  #fill(): CommandSpec | PolyprocError {
    const { task } = this;
    try {
      const item = this.#pool.engine.options.codec.decode(task.batch.item(task.from));
      switch (task.job.mode) {
        case "map":
          return fillItem(this.#target, item, task.index);
        case "starmap":
          return fillArguments(this.#target, item as unknown[], task.index);
        case "apply":
          return fillArguments(this.#target, (item as [unknown[]])[0], task.index);
      }
    } catch (error) {
      return error instanceof PolyprocError
        ? error
        : new PolyprocError("InvalidParams", `the item cannot be filled in: ${String(error)}`);
    }
  }

  #result(status: ExitStatus) {
    const { codec } = this.#pool.engine.options;
    const stdout = this.#output.stdout.end();
    const stderr = this.#output.stderr.end();
    const fault = this.#output.stdout.fault ?? this.#output.stderr.fault;
    const result: CommandResult = {
      exitCode: status.exitCode,
      signal: status.signal,
      stdout: stdout.text,
      stderr: stderr.text,
      truncated: stdout.truncated || stderr.truncated,
      ...(stdout.file === undefined ? {} : { stdoutFile: stdout.file }),
      ...(stderr.file === undefined ? {} : { stderrFile: stderr.file }),
    };
    if (fault)
      return this.#failure(
        result,
        `its output cannot be stored, so the command was ended (${fault.message}); ` +
          `make room, or choose another folder than ${this.#target.outputFolder}`,
      );
    if (status.exitCode === 0 || (this.#target.check === false && status.signal === null))
      return { values: codec.encode([result]) };
    return this.#failure(result, describeExit(status), status);
  }

  #failure(result: CommandResult, how: string, { outOfMemory, peakMemoryBytes }: Partial<ExitStatus> = {}) {
    const last = result.stderr.trimEnd().split("\n").slice(-3).join("\n");
    return {
      error: new PolyprocError("TaskFailed", `${this.#target.command}: ${how}${last ? `: ${last}` : ""}`, {
        type: "CommandFailed",
        message: how,
        stack: "",
        language: "command",
        ...result,
        ...(outOfMemory === undefined ? {} : { outOfMemory }),
        ...(outOfMemory === undefined || peakMemoryBytes === undefined ? {} : { peakMemoryBytes }),
      }).toErrorObject(),
    };
  }

  #refused(error: PolyprocError): void {
    this.#record.exitedWith({ exitCode: 127, signal: null }, error.message);
    this.#end({ error: error.toErrorObject() });
  }

  #end(outcome: { values: Payload } | { error: ErrorObject }): void {
    if (this.#over) return;
    this.#over = true;
    this.#output.stdout.clear();
    this.#output.stderr.clear();
    this.#deadline?.cancel();
    this.#progress.clear();
    const ms = Math.round((this.#pool.engine.clock.now() - this.#since) * 1000) / 1000;
    const { task } = this;
    this.#pool.outcome(task, { from: task.from, count: 1, ...outcome }, this.#record.pid ?? 0, ms);
    task.over();
    this.onGone();
    this.#pool.commandGone();
  }
}

/** The command line for this item, as process lists show it. */
function shownCommand({ command, args }: { command: string; args?: readonly string[] | undefined }): string {
  return [command, ...(args ?? [])].join(" ").slice(0, maxShownLength);
}
