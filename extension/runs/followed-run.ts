import { setTimeout as delay } from "node:timers/promises";
import { errorCodes, PolyprocError } from "../../protocol/errors.js";
import type { RunEntry, RunInfo } from "../../protocol/run.js";
import type { RunWaits } from "../../bindings/typescript/runs/trace.js";
import type { Disposable, Rpc } from "../connection/rpc.js";
import { Listeners } from "./listeners.js";
import { entryRow, outcomeBytes, isSettled, lostRow, queuedRow } from "./row.js";
import type { OutputText, Row, Run, RunRequest } from "./run.js";

/** Milliseconds between two reads. Changes in between come in one answer. */
const readMs = 50;
/** Milliseconds between two calls of the listeners. */
const tellMs = 100;
/** Most entries in one answer: handling them must not delay the window. */
const maxEntries = 1000;

/** Rough memory of an item and its row, beside what they hold. */
export const itemOverheadBytes = 500;

/** A run of the server, read in a loop at the window's pace. */
export class FollowedRun implements Run {
  readonly id: string;
  readonly request: RunRequest;
  readonly rpc: Rpc;
  readonly whenEnded: Promise<void>;
  /** Listeners get what replayed items wrote, too. Not for a run that was found: they had it before. */
  tellsReplays = false;
  readonly #rows: Row[];
  #info: RunInfo;
  #state: "live" | "ended" | "lost" = "live";
  #tellEnded!: () => void;
  readonly #changed = new Set<number>();
  #infoChanged = false;
  #timer: NodeJS.Timeout | null = null;
  #toldAt = 0;
  readonly #changes: Listeners<[readonly number[]]>;
  readonly #output: Listeners<[number, readonly OutputText[], number]>;
  readonly #onFault: (error: unknown) => void;
  readonly #over = new AbortController();
  #bytes: number;

  /**
   * Begins to follow it. `itemBytes`: of all items together. `onFault` gets errors for which no caller waits.
   */
  constructor(rpc: Rpc, request: RunRequest, itemBytes: number, info: RunInfo, onFault: (error: unknown) => void) {
    this.rpc = rpc;
    this.#bytes = itemBytes + request.items.length * itemOverheadBytes;
    this.#onFault = onFault;
    this.#changes = new Listeners(onFault);
    this.#output = new Listeners(onFault);
    this.id = info.run;
    this.request = request;
    this.#info = info;
    this.#rows = request.items.map((item, index) => queuedRow(index, item));
    this.whenEnded = new Promise((resolve) => (this.#tellEnded = resolve));
    void this.#follow();
  }

  get info(): RunInfo {
    return this.#info;
  }

  get rows(): readonly Row[] {
    return this.#rows;
  }

  get lost(): boolean {
    return this.#state === "lost";
  }

  /** Rough memory of it. */
  get bytes(): number {
    return this.#bytes;
  }

  get ended(): boolean {
    return this.#state !== "live";
  }

  onDidChange(listener: (changed: readonly number[]) => void): Disposable {
    return this.#changes.add(listener);
  }

  onOutput(listener: (index: number, lines: readonly OutputText[], dropped: number) => void): Disposable {
    return this.#output.add(listener);
  }

  async cancel(indexes?: readonly number[]): Promise<void> {
    if (this.ended || indexes?.length === 0) return;
    await unlessGone(
      this.rpc.request("run/cancel", { run: this.id, ...(indexes ? { indexes: [...indexes] } : {}) }),
      undefined,
    );
  }

  async output(index: number): Promise<{ lines: OutputText[]; dropped: number }> {
    return unlessGone(this.rpc.request("run/output", { run: this.id, index }), { lines: [], dropped: 0 });
  }

  async waits(): Promise<RunWaits> {
    return unlessGone(this.rpc.request("run/waits", { run: this.id }), { waits: [], dropped: 0, totals: [] });
  }

  /** The run's state by an event, which may be older than the state that was read. */
  inform(info: RunInfo): void {
    if (info === this.#info || this.ended || this.#info.endedAt !== null) return;
    this.#info = info;
    this.#infoChanged = true;
    this.#schedule();
  }

  /** Lines that an item wrote. */
  wrote(index: number, lines: readonly OutputText[], dropped: number): void {
    this.#output.tell(index, lines, dropped);
  }

  /** Stops following it; the run continues. */
  dispose(): void {
    // A reason, for the error that would be made without one holds the stack, and with it this and other runs.
    this.#over.abort("disposed");
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  async #follow(): Promise<void> {
    const { signal } = this.#over;
    try {
      for (let since = 0; ;) {
        const { entries, next, ended } = await this.rpc.request(
          "run/read",
          { run: this.id, since, limit: maxEntries },
          signal,
        );
        if (signal.aborted) return;
        since = next;
        await this.#tellReplays(entries);
        if (signal.aborted) return;
        this.#take(entries);
        if (ended && entries.length === 0) break;
        if (!ended && entries.length < maxEntries) await delay(readMs, undefined, { signal });
      }
      this.#info = await this.rpc.request("run/wait", { run: this.id }, signal);
      this.#end("ended");
    } catch (error) {
      if (!signal.aborted) this.#end("lost", error);
    }
  }

  /** What items wrote comes before their outcomes. */
  async #tellReplays(entries: readonly RunEntry[]): Promise<void> {
    if (!this.tellsReplays || this.#output.size === 0) return;
    const indexes = entries.flatMap(({ index, cached }) => (cached ? [index] : []));
    const outputs = await Promise.all(indexes.map((index) => this.output(index)));
    outputs.forEach(({ lines, dropped }, i) => {
      if (lines.length > 0) this.wrote(indexes[i]!, lines, dropped);
    });
  }

  #take(entries: readonly RunEntry[]): void {
    for (const entry of entries) {
      const item = this.request.items[entry.index];
      if (!item) continue;
      this.#rows[entry.index] = entryRow(entry, item);
      this.#changed.add(entry.index);
      this.#bytes += outcomeBytes(entry);
    }
    if (entries.length > 0) this.#schedule();
  }

  #end(state: "ended" | "lost", error?: unknown): void {
    if (this.ended || this.#over.signal.aborted) return;
    this.#state = state;
    if (state === "lost") {
      if (error !== undefined && !isGone(error)) this.#onFault(error);
      for (const [index, row] of this.#rows.entries()) {
        if (isSettled(row)) continue;
        this.#rows[index] = lostRow(row);
        this.#changed.add(index);
      }
    }
    this.#tell();
    this.#tellEnded();
  }

  #schedule(): void {
    if (this.#timer || this.ended) return;
    const wait = this.#toldAt + tellMs - performance.now();
    this.#timer = setTimeout(() => this.#tell(), Math.max(0, wait));
  }

  #tell(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#toldAt = performance.now();
    if (this.#changed.size === 0 && !this.#infoChanged && !this.ended) return;
    const changed = [...this.#changed];
    this.#changed.clear();
    this.#infoChanged = false;
    this.#changes.tell(changed);
  }
}

/** The server no longer has the run: there is nothing to do. */
function isGone(error: unknown): boolean {
  return (
    error instanceof PolyprocError &&
    ([errorCodes.Closed, errorCodes.UnknownHandle, errorCodes.ShuttingDown] as number[]).includes(error.code)
  );
}

async function unlessGone<T>(answer: Promise<T>, otherwise: NoInfer<T> | undefined): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (isGone(error)) return otherwise as T;
    throw error;
  }
}
