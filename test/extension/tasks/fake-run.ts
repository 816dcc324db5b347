import { queuedRow } from "../../../extension/runs/row.js";
import type { OutputFeed } from "../../../extension/tasks/output-feed.js";
import type { Row, RowState, Run, RunRequest } from "../../../extension/runs/run.js";
import { errorCodes } from "../../../protocol/errors.js";
import type { Failure } from "../../../protocol/job.js";
import type { OutputLine } from "../../../protocol/process.js";
import type { Target } from "../../../protocol/target.js";
import type { RunInfo } from "../../../protocol/run.js";
import { queuedRun } from "../run-info.js";

export function failure(message: string): Failure {
  return {
    code: errorCodes.TaskFailed,
    message: `sh: ${message}`,
    data: { type: "CommandFailed", message, language: "command" },
  };
}

class Happening {
  resolve: () => void = () => {};
  readonly promise = new Promise<void>((resolve) => {
    this.resolve = resolve;
  });
}

/** A run that does what the test says. */
export class FakeRun implements Run {
  readonly id = "run:s1.1";
  readonly request: RunRequest;
  readonly info: RunInfo;
  readonly rows: Row[];
  lost = false;
  ended = false;
  readonly #listeners = new Set<(changed: readonly number[]) => void>();
  readonly #ended = new Happening();
  readonly #followed = new Happening();
  readonly #cancelled = new Happening();
  readonly whenEnded = this.#ended.promise;
  /** Whether there is a listener. */
  readonly followed = this.#followed.promise;
  readonly cancelled = this.#cancelled.promise;

  constructor(
    items: number,
    {
      module = false,
      target,
      processes = 2,
      chunkSize = 1,
    }: { module?: boolean; target?: Target; processes?: number; chunkSize?: number } = {},
  ) {
    const labels = Array.from({ length: items }, (_, index) => `item ${index}`);
    this.request = {
      name: "check",
      target: target ?? (module ? { module: "/w/a.js" } : { command: "sh" }),
      items: labels.map((label) => ({ value: label, label, file: null })),
      options: { processes, chunkSize },
      origin: "task",
    };
    this.rows = this.request.items.map((item, index) => ({
      ...queuedRow(index, item),
      chunk: index - (index % chunkSize),
    }));
    this.info = queuedRun(this.id, items, { name: "check", target: "check", processes, chunkSize });
  }

  set(index: number, state: RowState, more: Partial<Row> = {}): void {
    this.rows[index] = { ...this.rows[index]!, pid: 100 + index, ...more, state };
    if (state === "done" || state === "failed" || state === "cancelled") this.info[state]++;
    for (const listener of this.#listeners) listener([index]);
  }

  end(): void {
    this.ended = true;
    if (this.info.state === "running") this.info.state = "done";
    this.#ended.resolve();
  }

  onDidChange(listener: (changed: readonly number[]) => void): { dispose(): void } {
    this.#listeners.add(listener);
    this.#followed.resolve();
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  onOutput(): { dispose(): void } {
    return { dispose: () => {} };
  }

  async cancel(): Promise<void> {
    this.#cancelled.resolve();
  }

  waits(): ReturnType<Run["waits"]> {
    return Promise.resolve({ waits: [], dropped: 0, totals: [] });
  }

  async output(_index: number): ReturnType<Run["output"]> {
    return { lines: [], dropped: 0 };
  }
}

export class FakeFeed implements OutputFeed {
  onLines: (lines: readonly OutputLine[]) => void = () => {};
  paused = false;
  closed = false;
  /** Lines that come with the next `settled`. */
  readonly held: { index: number; text: string }[] = [];
  readonly #job: string;

  constructor(job: string) {
    this.#job = job;
  }

  line(index: number, text: string): void {
    const from = (job: string) => ({
      process: `process:s1.${index}`,
      pid: 100 + index,
      stream: "stdout" as const,
      line: 0,
      text,
      partial: false,
      task: { job, index },
    });
    this.onLines([{ ...from("job:s9.9"), text: "of another run" }, from(this.#job)]);
  }

  async only(): Promise<void> {}

  async settled(): Promise<void> {
    await new Promise(setImmediate);
    for (const { index, text } of this.held.splice(0)) this.line(index, text);
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}
