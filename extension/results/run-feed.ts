import { setImmediate } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import type { Disposable } from "../connection/rpc.js";
import type { Run } from "../runs/run.js";
import { detailView } from "./detail-view.js";
import type { RowView, ToPage } from "./messages.js";
import { viewOfRow, viewOfRun } from "./row-views.js";

/** Most rows in one message: a page handles them within a frame. */
const maxRows = 1000;
/** Most milliseconds of making previews before other work gets a turn. */
const workMs = 10;
/** Milliseconds between two messages with changes, and between two looks at output. */
const intervalMs = 100;
const outputIntervalMs = 400;

/**
 * Sends a run to a page: everything once, then the changes; for the row whose details are open, details and output,
 * too. Each page has its own feed, which ends with it.
 */
export class RunFeed implements Disposable {
  readonly #run: Run;
  /** Resolves when the page has it. */
  readonly #send: (message: ToPage) => Promise<unknown>;
  readonly #onFault: (error: unknown) => void;
  readonly #subscriptions: Disposable[] = [];
  /** Indexes of rows that the page does not know yet. */
  #changed: Set<number>;
  /** The run itself has changed since the last message. At its end that may be the only change. */
  #runChanged = true;
  #sending = false;
  #timer: NodeJS.Timeout | null = null;
  #looked: { index: number; timer: NodeJS.Timeout | null; asking: boolean; stale: boolean } | null = null;
  #disposed = false;

  constructor(run: Run, send: (message: ToPage) => Promise<unknown>, onFault: (error: unknown) => void) {
    this.#run = run;
    this.#send = send;
    this.#onFault = onFault;
    this.#changed = new Set(run.rows.keys());
    this.#subscriptions.push(
      run.onDidChange((changed) => this.#take(changed)),
      run.onOutput((index) => {
        if (this.#looked && this.#sharesOutput(index, this.#looked.index)) this.#askOutputSoon();
      }),
    );
    void this.#sendAll();
  }

  /** The page looks at this row now. */
  look(index: number | null): void {
    if (this.#looked?.timer) clearTimeout(this.#looked.timer);
    this.#looked = index === null ? null : { index, timer: null, asking: false, stale: false };
    if (index === null) return;
    this.#tellDetail();
    void this.#askOutput();
  }

  dispose(): void {
    this.#disposed = true;
    for (const subscription of this.#subscriptions) subscription.dispose();
    if (this.#timer) clearTimeout(this.#timer);
    this.look(null);
  }

  #take(changed: readonly number[]): void {
    this.#runChanged = true;
    for (const index of changed) this.#changed.add(index);
    if (this.#looked && changed.includes(this.#looked.index)) {
      this.#tellDetail();
      this.#askOutputSoon();
    }
    if (!this.#sending) this.#timer ??= setTimeout(() => void this.#sendAll(), intervalMs);
  }

  /** A slow page delays the messages, and gets fewer intermediate states. */
  async #sendAll(): Promise<void> {
    this.#timer = null;
    this.#sending = true;
    try {
      do {
        this.#runChanged = false;
        await this.#send({ type: "run", run: viewOfRun(this.#run), now: Date.now() });
        const changed = [...this.#changed];
        this.#changed = new Set();
        await this.#sendRows(changed);
        // Changes that arrived in between wait for the next message, unless the run has ended.
      } while (this.#isBehind && this.#run.ended && !this.#disposed);
    } catch (error) {
      if (!this.#disposed) this.#onFault(error);
    } finally {
      this.#sending = false;
    }
    if (this.#isBehind && !this.#disposed) this.#timer ??= setTimeout(() => void this.#sendAll(), intervalMs);
  }

  /** The page does not have everything yet. */
  get #isBehind(): boolean {
    return this.#runChanged || this.#changed.size > 0;
  }

  async #sendRows(indexes: readonly number[]): Promise<void> {
    let rows: RowView[] = [];
    let pauseAt = performance.now() + workMs;
    for (const index of indexes) {
      const row = this.#run.rows[index];
      if (row) rows.push(viewOfRow(row));
      if (rows.length >= maxRows) {
        await this.#send({ type: "rows", rows });
        rows = [];
      }
      if (performance.now() > pauseAt) {
        await setImmediate();
        if (this.#disposed) return;
        pauseAt = performance.now() + workMs;
      }
    }
    if (rows.length > 0) await this.#send({ type: "rows", rows });
  }

  #tellDetail(): void {
    const detail = this.#looked && detailView(this.#run, this.#looked.index);
    if (detail) this.#tell({ type: "detail", detail });
  }

  /** The output of a chunk is that of all its items. */
  #sharesOutput(a: number, b: number): boolean {
    const { rows } = this.#run;
    return rows[a]?.chunk === rows[b]?.chunk;
  }

  #askOutputSoon(): void {
    const looked = this.#looked;
    if (!looked) return;
    if (looked.asking) looked.stale = true;
    else looked.timer ??= setTimeout(() => void this.#askOutput(), outputIntervalMs);
  }

  /** Sends all kept output again: it is bounded, and this neither misses a line nor repeats one. */
  async #askOutput(): Promise<void> {
    const looked = this.#looked;
    if (!looked) return;
    looked.timer = null;
    looked.asking = true;
    looked.stale = false;
    try {
      const output = await this.#run.output(looked.index);
      const lines = output.lines.map(({ stream, text }) => ({ stream, text: stripVTControlCharacters(text) }));
      if (this.#looked === looked) this.#tell({ type: "output", index: looked.index, ...output, lines });
    } catch (error) {
      if (!this.#disposed) this.#onFault(error);
    }
    looked.asking = false;
    if (looked.stale && this.#looked === looked) this.#askOutputSoon();
  }

  #tell(message: ToPage): void {
    this.#send(message).catch((error: unknown) => {
      if (!this.#disposed) this.#onFault(error);
    });
  }
}
