import { PolyprocError } from "../../../protocol/errors.js";
import type { ResultEntry, TaskInput } from "../../../protocol/job.js";
import { type Payload, payloadBytes } from "../../../protocol/schema.js";
import type { Budget } from "../budget.js";
import type { Guard, Principal } from "../guard.js";
import { listOf } from "../payload-list.js";
import type { PackedPayloads } from "../packed-payloads.js";
import type { Found, Replay, RunCache } from "./run-cache.js";
import type { RunItems } from "./run-items.js";
import type { RunOutcomes } from "./run-outcomes.js";
import type { RunOutput } from "./run-output.js";

/** The run, as its replay sees it. */
export interface ReplayedRun extends Principal {
  readonly engine: { readonly guard: Guard; readonly budget: Budget };
  readonly items: PackedPayloads;
  readonly output: RunOutput;
  readonly ended: boolean;
  readonly pool: { readonly state: string };
  readonly job: { submit(tasks: TaskInput[], atOnce: boolean): unknown };
  settled(entry: ResultEntry, attempt: number): void;
  /** Items have their outcomes. */
  moved(): void;
}

/** Items of one question to the cache, and their bytes. */
const maxItems = 64;
const maxBytes = 1024 * 1024;
/** Questions at a time. */
const maxQuestions = 2;
/** Most characters of a reason, and rough memory of one beside them. */
const maxReason = 500;
const reasonBytes = 100;

/**
 * The items of a run that has a cache, before they go to workers: each is looked for, and is replayed or runs. An item
 * that was cancelled by then is left alone.
 */
export class RunReplay {
  readonly #run: ReplayedRun;
  readonly #cache: RunCache;
  readonly #items: RunItems;
  readonly #outcomes: RunOutcomes;
  /** Items that wait for an answer, or for their turn to be looked for. */
  readonly #waiting: Set<number>;
  /** The first item that was not looked for. */
  #next = 0;
  #questions = 0;
  /** Items that wrote something after their outcome. */
  readonly #late = new Set<number>();
  #isClosed = false;
  #bytes = 0;

  constructor(run: ReplayedRun, cache: RunCache, items: RunItems, outcomes: RunOutcomes) {
    this.#run = run;
    this.#cache = cache;
    this.#items = items;
    this.#outcomes = outcomes;
    this.#waiting = new Set(Array.from({ length: items.total }, (_, index) => index));
  }

  /** Memory of the reasons. */
  get bytes(): number {
    return this.#bytes;
  }

  begin(): void {
    while (this.#questions < maxQuestions && this.#next < this.#items.total && !this.#isClosed) this.#ask();
  }

  /** These items, by default all, are cancelled if they wait. */
  drop(indexes: Iterable<number> = this.#waiting): void {
    const error = new PolyprocError("Cancelled", "the item was cancelled").toErrorObject();
    for (const index of [...indexes])
      if (this.#waiting.delete(index)) this.#run.settled({ index, count: 1, pid: 0, ms: 0, error }, 1);
  }

  /** The item ran, and has succeeded. */
  succeeded(index: number, value: Payload, ms: number): void {
    const item = this.#run.items.get(index);
    if (item === undefined || this.#isClosed) return;
    this.#cache.keep(index, item, { value, ms, lines: this.#run.output.of(index).lines });
  }

  /** The item wrote something. Its outcome may have been faster than its output. */
  wrote(index: number): void {
    if (this.#items.isOver(index)) this.#late.add(index);
  }

  /** The run's workers have exited, so all output is here. */
  close(closed: () => void): void {
    if (this.#isClosed) return;
    for (const index of this.#late) {
      const { state, ms } = this.#items.get(index);
      const outcome = this.#outcomes.get(index);
      if (state === "done" && outcome && "value" in outcome) this.succeeded(index, outcome.value, ms ?? 0);
    }
    this.#isClosed = true;
    this.#cache.close(() => this.#run.engine.guard.run(this.#run, closed));
  }

  /** The run is forgotten. */
  clear(): void {
    this.#run.engine.budget.server.release(this.#bytes);
    this.#bytes = 0;
  }

  #ask(): void {
    const from = this.#next;
    const items: Payload[] = [];
    for (let bytes = 0; items.length < maxItems && bytes < maxBytes; this.#next++) {
      const item = this.#run.items.get(this.#next);
      if (item === undefined) break;
      items.push(item);
      bytes += payloadBytes(item);
    }
    this.#questions++;
    const { guard } = this.#run.engine;
    this.#cache.look(from, items, (found) => guard.run(this.#run, () => this.#answered(from, found)));
  }

  #answered(from: number, found: readonly Found[]): void {
    this.#questions--;
    if (this.#run.ended) return;
    if (this.#run.pool.state !== "running") {
      this.drop();
      return;
    }
    const missed: TaskInput[] = [];
    found.forEach((one, i) => {
      const index = from + i;
      if (!this.#waiting.delete(index)) return;
      if ("value" in one) this.#replay(index, one);
      else {
        if (one.why !== null) this.#explain(index, one.why.slice(0, maxReason));
        missed.push({ index, count: 1, items: listOf(this.#run.items.get(index)!) });
      }
    });
    // At once: the run asked for the memory of all its items when it was started.
    if (missed.length > 0) this.#run.job.submit(missed, true);
    this.#run.moved();
    this.begin();
  }

  #explain(index: number, reason: string): void {
    this.#items.setNotCached(index, reason);
    const bytes = reason.length + reasonBytes;
    this.#bytes += bytes;
    this.#run.engine.budget.server.charge(bytes);
  }

  #replay(index: number, { value, ms, lines }: Replay): void {
    this.#run.output.replay(index, lines);
    this.#outcomes.keep(index, { value });
    this.#items.replayed(index, ms);
  }
}
