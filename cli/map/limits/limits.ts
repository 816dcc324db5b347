import type { ServerLink } from "../../server-link.js";
import { signalGroup } from "../../suspension.js";
import { UsageError } from "../../usage-error.js";
import type { LimitOptions } from "./limit-options.js";
import type { MapRun } from "../map-run.js";
import { Median } from "./median.js";
import type { Outcome } from "../outcome.js";
import { freeMemory, Pace } from "./pace.js";
import { Suspender } from "./suspender.js";

/** How often running items are looked at, in milliseconds. */
const lookEveryMs = 200;
/** With `--timeout N%`: items that must have ended before the median counts. */
const leastForMedian = 3;
/** Milliseconds between SIGTERM and SIGKILL. */
const graceMs = 1000;
/** A pause that lasts this many milliseconds is explained to the user. */
const explainAfterMs = 5000;
/** Longest time between two tries, in milliseconds. */
const longestDelayMs = 24 * 60 * 60 * 1000;

/**
 * What the client itself decides: how many items run, when they start, how long they may run, and how often they are
 * tried.
 */
export class Limits {
  readonly #options: LimitOptions;
  readonly #pace: Pace;
  readonly #median = new Median();
  readonly #tries = new Map<number, number>();
  readonly #say: (text: string) => void;
  #waitsSince: number | null = null;
  #explained = false;
  #timer: NodeJS.Timeout | undefined;
  readonly #suspender: Suspender | null;
  #run: MapRun | null = null;

  /** Throws UsageError if this machine's load or memory counts, and the server is on another one. */
  constructor({ connection, isLocal }: ServerLink, options: LimitOptions, say: (text: string) => void) {
    const { load, memfree, memsuspend, delay = 0 } = options;
    if (!isLocal && (load !== undefined || memfree !== undefined || memsuspend !== undefined))
      throw new UsageError("--load, --memfree and --memsuspend are about this machine; the server is on another one");
    this.#options = options;
    this.#say = say;
    this.#pace = new Pace({
      delayMs: delay,
      maxLoad: load?.(connection.facts.cpuCount) ?? null,
      minFreeBytes: memfree ?? null,
    });
    this.#suspender = memsuspend === undefined ? null : new Suspender(memsuspend, { freeMemory, signal: signalGroup });
  }

  /** Whether failed items are run again from here, not by the server. */
  get retriesHere(): boolean {
    return this.#options.retryDelay !== undefined || this.#percent !== null;
  }

  /** Milliseconds until the next item may start, or until this is asked again. 0: it starts. */
  pause(): number {
    const now = performance.now();
    const isSuspending = this.#suspender?.isShort === true && this.#run!.running().length > 0;
    const ms = isSuspending ? lookEveryMs : this.#pace.wait(now);
    if (ms > 0) this.#explain(now);
    return ms;
  }

  /** An item starts. */
  started(): void {
    this.#pace.started(performance.now());
    this.#waitsSince = null;
  }

  /** Milliseconds until the failed item runs again; null: it does not. */
  retryIn(index: number): number | null {
    const { retries, retryDelay = 0 } = this.#options;
    const tries = this.#tries.get(index) ?? 0;
    if (!this.retriesHere || tries >= retries) return null;
    this.#tries.set(index, tries + 1);
    return Math.min(retryDelay * 2 ** tries, longestDelayMs);
  }

  ended({ index, kind, ms }: Outcome): void {
    this.#tries.delete(index);
    if (kind === "done" && this.#percent !== null) this.#median.add(ms);
  }

  /** Ends items that take too long, and ends or stops the youngest while memory is short. */
  watch(run: MapRun): void {
    this.#run = run;
    if (this.#percent === null && this.#options.memfree === undefined && this.#suspender === null) return;
    this.#timer = setInterval(() => {
      const running = run.running();
      this.#suspender?.look(running.map(([, , pid]) => pid));
      // The only running item stays: if it were ended each time, it would never finish.
      if (running.length > 1 && this.#pace.isShort) run.stopItem(running.at(-1)![0], "displaced", graceMs);
      if (this.#percent === null || this.#median.count < leastForMedian) return;
      const most = (this.#median.value * this.#percent) / 100;
      for (const [index, since] of running) if (performance.now() - since > most) run.stopItem(index, "late", graceMs);
    }, lookEveryMs);
  }

  /** Stopped items continue. */
  stop(): void {
    clearInterval(this.#timer);
    this.#suspender?.end();
  }

  /** Says once what a long pause waits for. */
  #explain(now: number): void {
    this.#waitsSince ??= now;
    if (this.#explained || now - this.#waitsSince < explainAfterMs) return;
    const obstacle = this.#pace.obstacle;
    if (obstacle === null) return;
    this.#explained = true;
    this.#say(`no item begins: ${obstacle}`);
  }

  get #percent(): number | null {
    const { timeout } = this.#options;
    return timeout && "percent" in timeout ? timeout.percent : null;
  }
}
