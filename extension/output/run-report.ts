import { stripVTControlCharacters } from "node:util";
import { formatDuration } from "../../protocol/duration.js";
import { t } from "../l10n.js";
import type { Disposable } from "../connection/rpc.js";
import { failureOfAll } from "../../bindings/typescript/runs/failure-text.js";
import { isSettled } from "../runs/row.js";
import type { OutputText, Run } from "../runs/run.js";
import type { Flow } from "./flow.js";
import { outcomeLines, prefixOf } from "./format-row.js";
import { numberText } from "../views/amounts.js";
import { oneLine, shorten } from "./one-line.js";
import { markOf } from "./run-numbers.js";

/** `line`: shows each line at once. `task`: shows all lines of an item together when it has ended. */
export type Grouping = "line" | "task";

/** Output that is kept for an item until it ends, if lines are grouped by item. */
const maxKeptLines = 1000;
const maxLineLength = 4000;

interface Kept {
  lines: string[];
  leftOut: number;
}

/** Reports a run in the output channel, from now until it ends: every line complete, and marked with its item. */
export class RunReport implements Disposable {
  readonly #run: Run;
  readonly #flow: Flow;
  readonly #grouping: Grouping;
  /** What begins each of its lines. */
  readonly #mark: string;
  readonly #isCommand: boolean;
  readonly #kept = new Map<number, Kept>();
  /** Items whose outcome has been reported. */
  readonly #told: Uint8Array;
  readonly #subscriptions: Disposable[];
  #over = false;

  /** @param number Its number among the runs that are shown at the same time, from 1. */
  constructor(run: Run, flow: Flow, grouping: Grouping, number: number) {
    this.#run = run;
    this.#flow = flow;
    this.#mark = markOf(number);
    this.#grouping = grouping;
    this.#isCommand = "command" in run.request.target;
    this.#told = new Uint8Array(run.rows.length);
    const { info } = run;
    flow.add(
      [
        `${this.#mark}▶ ${oneLine(info.name)}: ` +
          t("{0}, {1} at a time", itemsText(info.total), processesText(info.processes)),
      ],
      "summary",
    );
    this.#subscriptions = [
      run.onOutput((index, lines, dropped) => this.#wrote(index, lines, dropped)),
      run.onDidChange((changed) => this.#changed(changed)),
    ];
    this.#changed(run.rows.keys());
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#kept.clear();
  }

  #wrote(index: number, lines: readonly OutputText[], dropped: number): void {
    const row = this.#run.rows[index];
    if (!row) return;
    const prefix = this.#mark + prefixOf(row.label);
    const texts = lines.map(({ text }) => prefix + shorten(stripVTControlCharacters(text), maxLineLength));
    if (this.#grouping === "line" || this.#told[index] === 1) {
      this.#flow.lost(dropped);
      this.#flow.add(texts, "output");
      return;
    }
    let kept = this.#kept.get(index);
    if (!kept) this.#kept.set(index, (kept = { lines: [], leftOut: 0 }));
    kept.leftOut += dropped;
    for (const text of texts) kept.lines.push(text);
    const tooMany = kept.lines.length - maxKeptLines;
    if (tooMany <= 0) return;
    kept.lines.splice(0, tooMany);
    kept.leftOut += tooMany;
  }

  #changed(indexes: Iterable<number>): void {
    for (const index of indexes) {
      const row = this.#run.rows[index]!;
      if (!isSettled(row) || this.#told[index] === 1) continue;
      this.#told[index] = 1;
      this.#release(index);
      // Items that never began are only counted, in the summary: after a cancellation there may be thousands.
      if ((row.state === "cancelled" || row.state === "lost") && row.pid === 0) continue;
      const prefix = this.#mark + prefixOf(row.label);
      this.#flow.add(
        outcomeLines(row, this.#isCommand).map((line) => prefix + line),
        row.state === "done" ? "output" : "failure",
      );
    }
    if (!this.#run.ended || this.#over) return;
    this.#over = true;
    for (const index of [...this.#kept.keys()]) this.#release(index);
    this.#flow.add([`${this.#mark}■ ${summary(this.#run)}`, ""], "summary");
  }

  #release(index: number): void {
    const kept = this.#kept.get(index);
    if (!kept) return;
    this.#kept.delete(index);
    this.#flow.lost(kept.leftOut);
    this.#flow.add(kept.lines, "output");
  }
}

/** `name: 78 done, 2 failed in 3.2 s`. */
export function summary(run: Run): string {
  const { info, rows } = run;
  const count = (state: string) => rows.reduce((sum, row) => sum + (row.state === state ? 1 : 0), 0);
  const replayed = info.cached ?? 0;
  const [failed, cancelled, lost] = [count("failed"), count("cancelled"), count("lost")];
  const parts = [
    t("{0} done", numberText(count("done"))),
    ...(replayed > 0 ? [t("{0} replayed", numberText(replayed))] : []),
    ...(failed > 0 ? [t("{0} failed", numberText(failed))] : []),
    ...(cancelled > 0 ? [t("{0} cancelled", numberText(cancelled))] : []),
    ...(lost > 0 ? [t("{0} lost", numberText(lost))] : []),
  ];
  return `${oneLine(info.name)}: ${parts.join(", ")}${ending(run)}`;
}

function ending(run: Run): string {
  const { state, startedAt, endedAt } = run.info;
  const took = endedAt === null ? "" : ` ${t("in {0}", formatDuration(endedAt - startedAt))}`;
  if (failureOfAll(run)) return `${took}, ${t("ended early: no item could succeed")}`;
  return state === "halted" ? `${took}, ${t("halted after its failures")}` : took;
}

function itemsText(count: number): string {
  return t(count === 1 ? "{0} item" : "{0} items", numberText(count));
}

function processesText(count: number): string {
  return t(count === 1 ? "{0} process" : "{0} processes", numberText(count));
}
