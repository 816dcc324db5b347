import { decode } from "../../bindings/typescript/session/codec.js";
import type { Failure } from "../../protocol/job.js";
import { type Payload, payloadBytes } from "../../protocol/payload.js";
import type { Progress } from "../../protocol/progress.js";
import type { RunEntry } from "../../protocol/run.js";
import type { Row, RowState, RunItem } from "./run.js";

/** A row whose result is decoded at the first look: of ten thousand rows, the user looks at few. */
class EntryRow implements Row {
  readonly index: number;
  readonly chunk: number;
  readonly label: string;
  readonly file: string | null;
  readonly state: RowState;
  readonly pid: number;
  readonly attempt: number;
  readonly startedAt: number | null;
  readonly ms: number | null;
  declare readonly host?: string;
  declare readonly progress?: Progress;
  declare readonly cached?: boolean;
  declare readonly notCached?: string;
  declare readonly error?: Failure;
  #payload: Payload | undefined;
  #value: unknown;

  constructor(entry: RunEntry, item: RunItem) {
    this.index = entry.index;
    this.chunk = entry.chunk;
    this.label = item.label;
    this.file = item.file;
    this.state = entry.state;
    this.pid = entry.pid;
    this.attempt = entry.attempt;
    this.startedAt = entry.startedAt;
    this.ms = entry.ms;
    if (entry.host !== undefined) this.host = entry.host;
    if (entry.progress) this.progress = entry.progress;
    if (entry.cached) this.cached = true;
    if (entry.notCached !== undefined) this.notCached = entry.notCached;
    if (entry.error) this.error = entry.error;
    this.#payload = entry.value;
  }

  get value(): unknown {
    if (this.#payload !== undefined) {
      this.#value = decodeResult(this.#payload);
      this.#payload = undefined;
    }
    return this.#value;
  }
}

export function queuedRow(index: number, { label, file }: RunItem): Row {
  return { index, chunk: index, label, file, state: "queued", pid: 0, attempt: 1, startedAt: null, ms: null };
}

export function entryRow(entry: RunEntry, item: RunItem): Row {
  return new EntryRow(entry, item);
}

/** The row of an item that was not done when its server ended. */
export function lostRow({ index, chunk, label, file, pid, attempt, startedAt }: Row): Row {
  return { index, chunk, label, file, state: "lost", pid, attempt, startedAt, ms: null };
}

/** Whether nothing more happens to the item. */
export function isSettled(row: Row): boolean {
  return row.state !== "queued" && row.state !== "running";
}

/** Memory of a result or an error. */
export function outcomeBytes({ value, error }: RunEntry): number {
  if (value !== undefined) return payloadBytes(value);
  if (!error) return 0;
  const texts = Object.values(error.data ?? {}).map((text) => (typeof text === "string" ? text.length : 0));
  return texts.reduce((sum, length) => sum + length, error.message.length);
}

function decodeResult(payload: Payload): unknown {
  try {
    return decode(payload, null);
  } catch (error) {
    return `(a result that cannot be read: ${error instanceof Error ? error.message : String(error)})`;
  }
}
