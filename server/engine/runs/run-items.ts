import { saysNothing, type Progress } from "../../../protocol/progress.js";
import type { RunEntry } from "../../../protocol/run.js";
import { ChangeLog } from "./change-log.js";

/** An entry without its outcome. `RunOutcomes` has the outcomes. */
export type RunItem = Readonly<
  Pick<RunEntry, "state" | "pid" | "host" | "attempt" | "startedAt" | "ms" | "cached" | "notCached">
>;

const states = ["queued", "running", "done", "failed", "cancelled"] as const satisfies readonly RunEntry["state"][];

/** The latest state of each item of a run, and the order of the changes. In columns: a run may have a million items. */
export class RunItems {
  readonly total: number;
  readonly log: ChangeLog;
  readonly counts: Record<RunEntry["state"], number>;
  /** How many were replayed. */
  cached = 0;
  readonly #states: Uint8Array;
  readonly #pids: Uint32Array;
  /** Positions in `#hostNames`, from 1. Null until an item has run on a host of a cluster. */
  #hosts: Uint16Array | null = null;
  readonly #hostNames: string[] = [];
  readonly #attempts: Uint32Array;
  /** NaN: null. */
  readonly #startedAt: Float64Array;
  readonly #ms: Float64Array;
  /** Why items were not replayed. */
  readonly #reasons = new Map<number, string>();
  /** 1: it was replayed. Null until the first one. */
  #replays: Uint8Array | null = null;
  /** Progress of running items, at most one for each worker. */
  readonly #progress = new Map<number, Progress>();

  constructor(total: number) {
    this.total = total;
    this.log = new ChangeLog(total);
    this.counts = { queued: total, running: 0, done: 0, failed: 0, cancelled: 0 };
    this.#states = new Uint8Array(total);
    this.#pids = new Uint32Array(total);
    this.#attempts = new Uint32Array(total).fill(1);
    this.#startedAt = new Float64Array(total).fill(NaN);
    this.#ms = new Float64Array(total).fill(NaN);
  }

  get(index: number): RunItem {
    const host = this.#hostNames[(this.#hosts?.[index] ?? 0) - 1];
    const notCached = this.#reasons.get(index);
    return {
      state: this.#state(index),
      pid: this.#pids[index] ?? 0,
      ...(host === undefined ? {} : { host }),
      attempt: this.#attempts[index] ?? 1,
      startedAt: orNull(this.#startedAt[index]),
      ms: orNull(this.#ms[index]),
      ...(this.#replays?.[index] === 1 ? { cached: true } : {}),
      ...(notCached === undefined ? {} : { notCached }),
    };
  }

  set(index: number, { state, pid, host, attempt, startedAt, ms }: RunItem): void {
    this.counts[this.#state(index)]--;
    this.counts[state]++;
    this.#states[index] = states.indexOf(state);
    this.#pids[index] = pid;
    this.#setHost(index, host);
    this.#attempts[index] = attempt;
    this.#startedAt[index] = startedAt ?? NaN;
    this.#ms[index] = ms ?? NaN;
    this.#progress.delete(index);
    this.log.add(index);
  }

  /** Why the item is not replayed. */
  setNotCached(index: number, why: string): void {
    this.#reasons.set(index, why);
    this.log.add(index);
  }

  /** The item, which never ran, has the outcome of an earlier run. `ms`: how long that took. */
  replayed(index: number, ms: number): void {
    this.#replays ??= new Uint8Array(this.total);
    this.#replays[index] = 1;
    this.cached++;
    this.set(index, { state: "done", pid: 0, attempt: 1, startedAt: null, ms });
  }

  /** How many of these items run, from `start` up to `end`. */
  runningBetween(start: number, end: number): number {
    let running = 0;
    for (let index = start; index < end; index++) if (this.#state(index) === "running") running++;
    return running;
  }

  /** False: the item does not run. */
  setProgress(index: number, progress: Progress): boolean {
    if (this.#state(index) !== "running") return false;
    if (saysNothing(progress)) this.#progress.delete(index);
    else this.#progress.set(index, progress);
    this.log.add(index);
    return true;
  }

  progressOf(index: number): Progress | undefined {
    return this.#progress.get(index);
  }

  isOver(index: number): boolean {
    const state = this.#state(index);
    return state !== "queued" && state !== "running";
  }

  /** Whether every item has its outcome. */
  get areOver(): boolean {
    return this.counts.queued + this.counts.running === 0;
  }

  #setHost(index: number, host: string | undefined): void {
    if (host === undefined) {
      if (this.#hosts) this.#hosts[index] = 0;
      return;
    }
    this.#hosts ??= new Uint16Array(this.total);
    const known = this.#hostNames.indexOf(host);
    this.#hosts[index] = known === -1 ? this.#hostNames.push(host) : known + 1;
  }

  #state(index: number): RunEntry["state"] {
    return states[this.#states[index] ?? 0]!;
  }
}

function orNull(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}
