import type { OutputLine } from "../../../protocol/process.js";
import type { Handle } from "../../../protocol/schema.js";
import type { Budget } from "../budget.js";
import type { EngineLimits } from "../limits.js";
import { OutputMemory } from "./output-memory.js";
import type { OutputRing } from "./output-ring.js";
import { countLines, type OutputSegment, type Stream } from "../output-segment.js";
import { OutputWatcher } from "./output-watcher.js";
import type { ProcessRecord } from "./process.js";
import type { Session } from "../session.js";

/** What output needs of the engine. */
export interface OutputDependencies {
  readonly budget: Budget;
  /** A run keeps what its tasks write. */
  readonly runs: { ofJob(job: Handle): { wrote(index: number, segment: OutputSegment): void } | undefined };
  readonly options: { readonly limits: Pick<EngineLimits, "outputRingBytes" | "maxMessageBytes"> };
}

/** Output of all children, in lines: for watchers, and remembered for later requests. */
export class OutputHub {
  readonly #engine: OutputDependencies;
  readonly #memory: OutputMemory;
  readonly #watchers = new Map<Session, OutputWatcher>();

  constructor(engine: OutputDependencies) {
    this.#engine = engine;
    this.#memory = new OutputMemory(engine.budget, engine.options.limits.outputRingBytes);
  }

  feed(process: ProcessRecord, stream: Stream, data: Uint8Array): void {
    const ring = this.#memory.of(process);
    ring.splitters[stream].push(data, (bytes, partial) => this.#lines(process, ring, stream, bytes, partial));
  }

  /** Reports an unfinished line now, so that it belongs to the task that wrote it. */
  flush(process: ProcessRecord): void {
    const ring = this.#memory.find(process);
    if (!ring) return;
    for (const stream of ["stdout", "stderr"] as const) {
      ring.splitters[stream].flush((bytes, partial) => this.#lines(process, ring, stream, bytes, partial));
    }
  }

  /** The process has ended. Its last lines are sent to watchers before any later message. */
  end(process: ProcessRecord): void {
    this.flush(process);
    this.#memory.ended(process);
    for (const watcher of this.#watchers.values()) watcher.processEnded(process);
  }

  from(process: ProcessRecord, line: number): { lines: OutputLine[]; dropped: number } {
    return this.#memory.find(process)?.from(line) ?? { lines: [], dropped: 0 };
  }

  /** The last lines of standard error, for a post-mortem. */
  tail(process: ProcessRecord, count = 10): string {
    return this.#memory.find(process)?.tail(count).join("\n") ?? "";
  }

  watch(session: Session, scope: "own" | "all" | null, lossless: boolean, pool: Handle | null = null): void {
    this.#watchers.get(session)?.stop();
    if (scope === null) return;
    const { maxMessageBytes } = this.#engine.options.limits;
    const watcher: OutputWatcher = new OutputWatcher(
      session,
      { scope, lossless, pool, maxMessageBytes },
      (process) => this.#goOn(process),
      () => this.#watchers.delete(session),
    );
    this.#watchers.set(session, watcher);
  }

  #lines(process: ProcessRecord, ring: OutputRing, stream: Stream, bytes: Uint8Array, partial: boolean): void {
    const task = process.task && { job: process.task.job, index: process.task.index };
    const segment: OutputSegment = {
      process: process.handle,
      pid: process.pid ?? 0,
      stream,
      firstLine: ring.nextLine,
      lineCount: partial ? 1 : countLines(bytes),
      bytes,
      partial,
      task,
    };
    ring.nextLine += segment.lineCount;
    ring.push(segment, this.#memory.maxRingBytes);
    if (task) this.#engine.runs.ofJob(task.job)?.wrote(task.index, segment);
    for (const watcher of this.#watchers.values()) watcher.tell(process, segment);
  }

  /** A watcher no longer holds the process back. It goes on unless another watcher does. */
  #goOn(process: ProcessRecord): void {
    for (const watcher of this.#watchers.values()) if (watcher.holdsBack(process)) return;
    process.child?.resumeOutput();
    process.session?.peer.resumeReading?.();
  }
}
