import { queuedRow } from "../../../extension/runs/row.js";
import type { OutputText, Row, Run, RunRequest } from "../../../extension/runs/run.js";
import type { RunInfo } from "../../../protocol/run.js";
import { queuedRun } from "../run-info.js";

/** A run that does what the test says. */
export class FakeRun implements Run {
  readonly id = "run:1.1";
  request: RunRequest;
  info: RunInfo;
  rows: Row[];
  lost = false;
  ended = false;
  cancelled: (readonly number[] | undefined)[] = [];
  written: { lines: OutputText[]; dropped: number } = { lines: [], dropped: 0 };
  /** Indexes whose output was asked for. */
  asked: number[] = [];
  readonly whenEnded = new Promise<void>(() => {});
  readonly #changes = new Set<(changed: readonly number[]) => void>();
  readonly #output = new Set<(index: number, lines: readonly OutputText[], dropped: number) => void>();

  constructor(count: number, request: Partial<RunRequest> = {}) {
    const items = Array.from({ length: count }, (_, index) => ({
      value: { n: index },
      label: `item ${index}`,
      file: null,
    }));
    this.request = {
      name: "a run",
      target: { module: "/work/m.js", export: "f" },
      items,
      options: {},
      origin: "command",
      ...request,
    };
    const { chunkSize = 1 } = this.request.options;
    this.rows = items.map((item, index) => ({ ...queuedRow(index, item), chunk: index - (index % chunkSize) }));
    this.info = queuedRun(this.id, count, {
      name: "a run",
      target: "m.js#f",
      processes: 2,
      chunkSize,
      startedAt: 1000,
    });
  }

  get listeners(): number {
    return this.#changes.size + this.#output.size;
  }

  change(index: number, changes: Partial<Row>): void {
    this.rows[index] = { ...this.rows[index]!, ...changes };
    for (const listener of this.#changes) listener([index]);
  }

  end(info: Partial<RunInfo>): void {
    this.info = { ...this.info, ...info };
    this.ended = true;
    for (const listener of this.#changes) listener([]);
  }

  write(index: number, text: string): void {
    const line: OutputText = { stream: "stdout", text };
    this.written.lines.push(line);
    for (const listener of this.#output) listener(index, [line], 0);
  }

  onDidChange(listener: (changed: readonly number[]) => void): { dispose(): void } {
    this.#changes.add(listener);
    return { dispose: () => void this.#changes.delete(listener) };
  }

  onOutput(listener: (index: number, lines: readonly OutputText[], dropped: number) => void): { dispose(): void } {
    this.#output.add(listener);
    return { dispose: () => void this.#output.delete(listener) };
  }

  cancel(indexes?: readonly number[]): Promise<void> {
    this.cancelled.push(indexes);
    return Promise.resolve();
  }

  waits(): ReturnType<Run["waits"]> {
    return Promise.resolve({ waits: [], dropped: 0, totals: [] });
  }

  output(index: number): Promise<{ lines: OutputText[]; dropped: number }> {
    this.asked.push(index);
    return Promise.resolve({ lines: [...this.written.lines], dropped: this.written.dropped });
  }
}
