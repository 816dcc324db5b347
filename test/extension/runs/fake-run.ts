import { Listeners } from "../../../extension/runs/listeners.js";
import { queuedRow } from "../../../extension/runs/row.js";
import type { OutputText, Row, Run, RunRequest } from "../../../extension/runs/run.js";
import type { RunInfo } from "../../../protocol/run.js";
import type { Target } from "../../../protocol/target.js";
import { queuedRun } from "../run-info.js";

/** A run whose rows the test sets. */
export class FakeRun implements Run {
  readonly id: string;
  readonly request: RunRequest;
  readonly rows: Row[];
  lost = false;
  ended = false;
  info: RunInfo;
  readonly whenEnded = Promise.resolve();
  readonly #changes = new Listeners<[readonly number[]]>(fail);
  readonly #output = new Listeners<[number, readonly OutputText[], number]>(fail);

  constructor(id: string, target: Target, items: readonly { label: string; file?: string }[]) {
    this.id = id;
    this.request = {
      name: "work",
      target,
      items: items.map(({ label, file = null }) => ({ value: label, label, file })),
      options: {},
      origin: "command",
    };
    this.rows = this.request.items.map((item, index) => queuedRow(index, item));
    this.info = queuedRun(id, items.length, { name: "work", target: "work", processes: 2 });
  }

  set(index: number, changes: Partial<Row>): void {
    this.rows[index] = { ...this.rows[index]!, ms: 5, ...changes };
    this.#changes.tell([index]);
  }

  writes(index: number, texts: readonly string[], dropped = 0): void {
    this.#output.tell(
      index,
      texts.map((text) => ({ stream: "stdout", text })),
      dropped,
    );
  }

  end(endedAt = 3200): void {
    this.ended = true;
    this.info = { ...this.info, endedAt };
    this.#changes.tell([]);
  }

  onDidChange(listener: (changed: readonly number[]) => void) {
    return this.#changes.add(listener);
  }

  onOutput(listener: (index: number, lines: readonly OutputText[], dropped: number) => void) {
    return this.#output.add(listener);
  }

  cancel(): Promise<void> {
    return Promise.resolve();
  }

  waits(): ReturnType<Run["waits"]> {
    return Promise.resolve({ waits: [], dropped: 0, totals: [] });
  }

  output(): Promise<{ lines: OutputText[]; dropped: number }> {
    return Promise.resolve({ lines: [], dropped: 0 });
  }
}

function fail(fault: unknown): never {
  throw fault;
}
