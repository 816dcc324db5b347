import type { PolyprocError } from "../../../protocol/errors.js";
import type { Result } from "../../../protocol/message.js";
import type { RunEntry } from "../../../protocol/run.js";
import type * as runs from "../../../protocol/run.js";
import { payloadBytes } from "../../../protocol/schema.js";
import { OncePerTurn, type Guard, type Principal } from "../guard.js";
import { failureBytes } from "../pools/result-bytes.js";
import type { Origin } from "../origin.js";
import type { Registry } from "../registry.js";
import type { Session } from "../session.js";
import { Wait } from "../wait.js";
import type { RunChunks } from "./run-chunks.js";
import type { RunItems } from "./run-items.js";
import type { RunOutcome, RunOutcomes } from "./run-outcomes.js";

type ReadResult = Result<typeof runs.read>;

const defaultLimit = 1000;
/** Rough size of one answer to `run/read`. */
const maxReadBytes = 1024 * 1024;

/** The run, as its readers see it. */
export interface ReadableRun extends Principal {
  readonly engine: { readonly guard: Guard; readonly registry: Registry };
  readonly ended: boolean;
  originMark(session: Session): { origin?: Origin };
}

/** Answers `run/read`: the changes of items after a position. A reader that is up to date waits for the next change. */
export class RunReaders {
  readonly #run: ReadableRun;
  readonly #items: RunItems;
  readonly #outcomes: RunOutcomes;
  readonly #chunks: RunChunks;
  readonly #waits = new Map<Wait<ReadResult>, { since: number; limit: number }>();
  readonly #flushing: OncePerTurn;

  constructor(run: ReadableRun, items: RunItems, outcomes: RunOutcomes, chunks: RunChunks) {
    this.#run = run;
    this.#items = items;
    this.#outcomes = outcomes;
    this.#chunks = chunks;
    this.#flushing = new OncePerTurn(run.engine.guard, run, () => this.flush());
  }

  /** Entries after a position. Waits while there are none, unless the run has ended. */
  read(
    session: Session,
    since: number,
    limit = defaultLimit,
    timeoutMs: number | null | undefined = null,
  ): ReadResult | Wait<ReadResult> {
    const result = this.#read(session, since, limit);
    if (result.entries.length > 0 || result.ended || timeoutMs === 0) return result;
    const wait: Wait<ReadResult> = new Wait<ReadResult>(session, {
      timeoutMs,
      onTimeout: () => ({ entries: [], next: since, ended: false }),
      onLeave: () => this.#waits.delete(wait),
    });
    this.#waits.set(wait, { since, limit });
    return wait;
  }

  /** Answers waiting readers, once for all changes of one turn of the event loop. */
  changed(): void {
    if (this.#waits.size > 0) this.#flushing.schedule();
  }

  /** Answers waiting readers now. */
  flush(): void {
    for (const [wait, { since, limit }] of [...this.#waits]) {
      const result = this.#read(wait.session, since, limit);
      if (result.entries.length === 0 && !result.ended) continue;
      this.#waits.delete(wait);
      wait.resolve(result);
    }
  }

  #read(session: Session, since: number, limit: number): ReadResult {
    const entries: RunEntry[] = [];
    let next = since;
    let bytes = 0;
    for (const { index, position } of this.#items.log.after(since)) {
      const outcome = sendable(session, this.#outcomes.get(index));
      bytes +=
        outcome === undefined ? 0 : "value" in outcome ? payloadBytes(outcome.value) : failureBytes(outcome.error);
      // At least one entry, of any size.
      if (entries.length === limit || (entries.length > 0 && bytes > maxReadBytes))
        return { entries, next, ended: false, ...this.#run.originMark(session) };
      const progress = this.#items.progressOf(index);
      const item = { ...this.#items.get(index), ...(progress && { progress }) };
      entries.push({ index, chunk: this.#chunks.of(index), ...item, ...outcome });
      if (outcome && "value" in outcome) this.#run.engine.registry.showPayload(session, outcome.value);
      next = position;
    }
    return { entries, next, ended: this.#run.ended, ...this.#run.originMark(session) };
  }
}

/** If a result is too large for this reader, it gets an error instead; other readers can still get the result. */
function sendable(session: Session, outcome: RunOutcome | undefined): RunOutcome | undefined {
  if (!outcome || "error" in outcome) return outcome;
  try {
    session.requireFits(payloadBytes(outcome.value), "the result");
    return outcome;
  } catch (error) {
    return { error: (error as PolyprocError).toErrorObject() };
  }
}
