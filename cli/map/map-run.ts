import { decode } from "../../bindings/typescript/session/codec.js";
import type { Connection } from "../../bindings/typescript/session/connection.js";
import { describeTarget } from "../../protocol/describe-target.js";
import { errorCodes } from "../../protocol/errors.js";
import type { Failure, ResultEntry } from "../../protocol/job.js";
import type { Progress } from "../../protocol/progress.js";
import { jsonToPayload, payloadToJson } from "../../protocol/values.js";
import { ExitError } from "../exit-error.js";
import { exitStatus } from "../exit-status.js";
import { Again } from "./again.js";
import type { Chunk } from "./chunk.js";
import type { Item, ItemSource } from "./items/items.js";
import type { AfterFailure, MapRunOptions, StopReason } from "./map-run-options.js";
import type { Outcome } from "./outcome.js";
import { maxMessageBytes, Outbox } from "./outbox.js";
import { Slots } from "./slots.js";

/** Milliseconds between two looks at a number of processes that may change. */
const lookAgainMs = 500;

/** Tasks of functions may be short, so some wait at the server. Their bytes are limited. */
const chunksAhead = 32;
/** Without a limit, hosts of a cluster may take this many chunks at a time. */
const clusterAhead = 1024;
const maxAheadBytes = 8 * 1024 * 1024;

/**
 * One map. It submits items to a job as fast as workers take them, and reports their outcomes. A command's item is sent
 * only when a slot is free, so every task at the server is running.
 */
export class MapRun {
  readonly #connection: Connection;
  readonly #source: ItemSource;
  readonly #options: MapRunOptions;
  readonly #job: string;
  readonly #pool: string;
  readonly #chunkSize: number;
  /** The chunk of each item that is submitted and has no outcome. */
  readonly #chunkOf = new Map<number, Chunk>();
  readonly #chunks = new Set<Chunk>();
  /** The process that runs each item, the command or the worker, and when it began. */
  readonly #running = new Map<number, { pid: number; since: number }>();
  readonly #again = new Again();
  readonly #stopped = new Map<number, StopReason>();
  #nextIndex = 0;
  readonly #slots = new Slots();
  #aheadBytes = 0;
  readonly #outbox = new Outbox((tasks) => {
    this.#connection.request("job/submit", { job: this.#job, tasks }).catch(this.#fail);
  });
  #ending: "no" | "gently" | "now" = "no";
  #failure: Error | null = null;
  #wakeFeed: (() => void) | null = null;
  #wakeEnd: (() => void) | null = null;

  constructor(connection: Connection, source: ItemSource, options: MapRunOptions) {
    this.#connection = connection;
    this.#source = source;
    this.#options = options;
    this.#pool = connection.mint("pool");
    this.#job = connection.mint("job");
    const isCommand = "command" in options.target;
    this.#chunkSize = isCommand ? 1 : options.chunkSize;
  }

  /** Most chunks at the server. */
  get #window(): number {
    const processes = this.#options.processes?.() ?? clusterAhead;
    return this.#isCommand && this.#options.cluster === undefined ? processes : processes * 2 + chunksAhead;
  }

  /** Number of items that were submitted and have no outcome. */
  get underWay(): number {
    return this.#chunkOf.size;
  }

  /** Pids of the processes that run items, those that the server has just started included. */
  async runningPids(): Promise<number[]> {
    // The server reports starts before it answers. It refuses while there is no job yet, or if the job has ended.
    await this.#connection.request("job/watch", { job: this.#job }).catch(() => {});
    return [...new Set(Array.from(this.#running.values(), ({ pid }) => pid))];
  }

  /**
   * Positions of the items that run, when each began, on the clock of `performance.now`, and its process. The youngest
   * is last.
   */
  running(): [index: number, since: number, pid: number][] {
    return Array.from(this.#running, ([index, { since, pid }]) => [index, since, pid]);
  }

  /** Ends one running item. */
  stopItem(index: number, reason: StopReason, graceMs: number): void {
    const chunk = this.#chunkOf.get(index);
    if (!chunk || this.#stopped.has(index) || this.#ending !== "no") return;
    this.#stopped.set(index, reason);
    this.#connection.request("job/cancel", { job: this.#job, indexes: [chunk.index], graceMs }).catch(this.#fail);
  }

  /** Runs all items. Resolves when each submitted item has its outcome. Rejects if the server ends or refuses. */
  async run(): Promise<void> {
    const connection = this.#connection;
    const listeners = [
      connection.on("job/results", ({ job, results }) => {
        if (job === this.#job) for (const entry of results) this.#received(entry);
      }),
      connection.on("job/started", ({ job, tasks }) => {
        if (job === this.#job) for (const { index, pid } of tasks) this.#began(index, pid);
      }),
      connection.on("job/output", ({ job, index, stream, data }) => {
        if (job === this.#job) this.#wrote(index, stream, decode(data, connection) as Buffer);
      }),
      connection.on("job/progress", ({ job, items }) => {
        if (job === this.#job) for (const { index, ...progress } of items) this.#reported(index, progress);
      }),
    ];
    void connection.closed.then(() =>
      this.#fail(new ExitError(exitStatus.unavailable, "the server has gone, and all that it ran has ended")),
    );
    try {
      await this.#prepare();
      await this.#feed();
      while (this.#chunks.size > 0 && this.#failure === null) await new Promise<void>((wake) => (this.#wakeEnd = wake));
      if (this.#failure !== null) throw this.#failure;
    } finally {
      for (const stop of listeners) stop();
    }
  }

  /**
   * Starts no more items; running ones finish. Resolves when no further item can start, and only running ones are left.
   */
  async endGently(): Promise<void> {
    if (this.#ending !== "no" || this.#failure !== null) return;
    this.#ending = "gently";
    this.#stopFeeding();
    // On the server's own machine every command that was sent runs.
    if (this.#isCommand && this.#options.cluster === undefined) return;
    try {
      await this.#connection.request("job/cancel", { job: this.#job, waiting: true });
      // The server sends the outcomes of the cancelled items before it answers this request.
      await this.#connection.request("job/watch", { job: this.#job });
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  /** Ends running items, too. They are killed `graceMs` after they were asked to stop; with 0, at once. */
  endNow(graceMs: number): void {
    if (this.#failure !== null) return;
    this.#ending = "now";
    this.#stopFeeding();
    if (graceMs > 0) this.#connection.request("job/cancel", { job: this.#job, graceMs }).catch(this.#fail);
    else this.#connection.request("pool/terminate", { pool: this.#pool }).catch(this.#fail);
  }

  /** `mayFeed` may return true again. */
  wake(): void {
    const wake = this.#wakeFeed;
    this.#wakeFeed = null;
    wake?.();
  }

  get #isCommand(): boolean {
    return "command" in this.#options.target;
  }

  async #prepare(): Promise<void> {
    const { target, fill, cluster, retries, timeoutMs } = this.#options;
    const processes = this.#options.maxProcesses ?? this.#options.processes?.();
    const mode = fill ? "starmap" : "map";
    const name = describeTarget(target).slice(0, 200);
    const connection = this.#connection;
    await Promise.all([
      connection.request("pool/create", { pool: this.#pool, processes, name, cluster }),
      connection.request("job/create", { job: this.#job, pool: this.#pool, target, mode, retries, timeoutMs }),
      connection.request("job/watch", { job: this.#job }),
    ]);
  }

  async #feed(): Promise<void> {
    const { items } = this.#source;
    const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
    let chunk: Chunk | null = null;
    let ended = false;
    try {
      while (this.#feeding) {
        if (!this.#hasRoom(this.#nextIndex)) {
          this.#outbox.send();
          await this.#waken(this.#options.maxProcesses === undefined ? null : lookAgainMs);
          continue;
        }
        const now = performance.now();
        if (ended && !this.#again.isReady(now)) {
          if (chunk) this.#submit(chunk);
          chunk = null;
          this.#outbox.send();
          // Items that run may have to run again.
          if (this.#chunks.size === 0 && this.#again.size === 0) break;
          await this.#waken(this.#again.size > 0 ? this.#again.untilNext(now) : null);
          continue;
        }
        const pauseMs = this.#options.pause();
        if (pauseMs > 0) {
          this.#outbox.send();
          await this.#waken(pauseMs);
          continue;
        }
        const again = this.#again.take(now);
        const step: IteratorResult<Item> = again ? { done: false, value: again.item } : await iterator.next();
        if (!this.#feeding) break;
        if (step.done === true) {
          ended = true;
          continue;
        }
        const index = again?.index ?? this.#nextIndex++;
        if (again?.isNew !== false && this.#options.passesOver(step.value, index)) {
          if (chunk) this.#submit(chunk);
          chunk = null;
          continue;
        }
        const item = step.value;
        const filled = this.#filled(item, index);
        if (!item.ok || "reason" in filled) {
          if (chunk) this.#submit(chunk);
          chunk = null;
          this.#refuse(index, item.text, "reason" in filled ? filled.reason : "");
          continue;
        }
        if (chunk && index !== chunk.index + chunk.items.length) {
          this.#submit(chunk);
          chunk = null;
        }
        chunk ??= { index, items: [], values: [], bytes: 0, left: 0 };
        chunk.items.push(item);
        chunk.values.push(filled.value);
        chunk.bytes += item.value instanceof Uint8Array ? item.value.length : item.text.length;
        if (chunk.items.length < this.#chunkSize && chunk.bytes < maxMessageBytes) continue;
        this.#submit(chunk);
        chunk = null;
      }
    } catch (error) {
      // A stopped source may end with an error.
      if (this.#feeding) throw error;
    }
  }

  async #waken(afterMs: number | null): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((wake) => {
      this.#wakeFeed = wake;
      if (afterMs !== null) timer = setTimeout(wake, Math.ceil(afterMs));
    });
    clearTimeout(timer);
  }

  /** What the server is sent for the item: its value, or the arguments of its command. */
  #filled(item: Item, index: number): { value: unknown } | { reason: string } {
    const { fill } = this.#options;
    if (!item.ok) return item;
    if (fill === null) return { value: item.value };
    const slot = this.#slots.take(index);
    try {
      return { value: fill(item, index, slot) };
    } catch (error) {
      this.#slots.giveBack(index);
      return { reason: (error as Error).message };
    }
  }

  #refuse(index: number, item: string, message: string): void {
    this.#options.onOutcome({
      kind: "failed",
      index,
      item,
      ms: 0,
      pid: 0,
      error: { code: errorCodes.InvalidParams, message },
    });
  }

  get #feeding(): boolean {
    return this.#ending === "no" && this.#failure === null;
  }

  #hasRoom(index: number): boolean {
    return this.#chunks.size < this.#window && this.#aheadBytes < maxAheadBytes && this.#options.mayFeed(index);
  }

  #submit(chunk: Chunk): void {
    this.#options.onSubmit();
    chunk.left = chunk.items.length;
    this.#chunks.add(chunk);
    this.#aheadBytes += chunk.bytes;
    for (let i = 0; i < chunk.items.length; i++) this.#chunkOf.set(chunk.index + i, chunk);
    const { index, items, values, bytes } = chunk;
    this.#outbox.add({ index, count: items.length, items: jsonToPayload(values) }, bytes);
  }

  #stopFeeding(): void {
    this.#source.stop();
    for (const { index } of this.#outbox.take()) this.#skip(this.#chunkOf.get(index)!);
    for (const { index, item } of this.#again.drop())
      this.#options.onOutcome({ kind: "skipped", index, item: item.text, ms: 0, pid: 0 });
    this.wake();
  }

  #skip(chunk: Chunk): void {
    chunk.items.forEach((item, i) =>
      this.#settle(chunk, chunk.index + i, { kind: "skipped", index: chunk.index + i, item: item.text, ms: 0, pid: 0 }),
    );
  }

  #wrote(index: number, stream: "stdout" | "stderr", data: Buffer): void {
    const item = this.#chunkOf.get(index)?.items[0];
    const rest = item ? this.#options.onOutput(index, item.text, stream, data) : null;
    if (rest) this.#connection.restUntil(rest);
  }

  #began(index: number, pid: number): void {
    const chunk = this.#chunkOf.get(index);
    if (!chunk) return;
    this.#running.set(index, { pid, since: performance.now() });
    this.#options.onStarted(index, chunk.items[index - chunk.index]!.text, pid);
  }

  #reported(index: number, progress: Progress): void {
    const chunk = this.#chunkOf.get(index);
    if (chunk) this.#options.onProgress(index, chunk.items[index - chunk.index]!.text, progress);
  }

  #received({ index: first, count, values, error, pid, ms: total, host }: ResultEntry): void {
    const decoded = values ? (payloadToJson(values) as unknown[]) : [];
    const ms = Math.round((total / count) * 1000) / 1000;
    for (let i = 0; i < count; i++) {
      const index = first + i;
      const chunk = this.#chunkOf.get(index);
      if (!chunk) continue;
      const ran = { index, item: chunk.items[index - chunk.index]!.text, ms, pid, ...(host !== undefined && { host }) };
      if (!error) this.#settle(chunk, index, { kind: "done", ...ran, value: decoded[i] });
      else if (this.#ending !== "no" && error.code === errorCodes.Cancelled)
        this.#settle(chunk, index, { kind: "skipped", ...ran });
      else this.#failed(chunk, { kind: "failed", ...ran, error: this.#lateError(index, error) });
    }
    this.wake();
  }

  /** An item that took too long was cancelled, and has timed out. */
  #lateError(index: number, error: Failure): Failure {
    if (this.#stopped.get(index) !== "late" || error.code !== errorCodes.Cancelled) return error;
    return { code: errorCodes.TimedOut, message: "it took longer than --timeout allows" };
  }

  #failed(chunk: Chunk, outcome: Outcome & { kind: "failed" }): void {
    const { index } = outcome;
    const item = chunk.items[index - chunk.index]!;
    const after = this.#feeding ? this.#afterFailure(item, outcome) : { do: "report" as const };
    if (after.do === "report") {
      this.#settle(chunk, index, outcome);
      return;
    }
    const at = performance.now() + (after.do === "again" ? after.inMs : 0);
    if (after.do === "again") this.#again.add({ index, item, at, isNew: false });
    else
      for (const part of item.parts ?? []) this.#again.add({ index: this.#nextIndex++, item: part, at, isNew: true });
    this.#settle(chunk, index, null);
  }

  #afterFailure(item: Item & { ok: true }, outcome: Outcome & { kind: "failed" }): AfterFailure {
    const { index, error } = outcome;
    if (this.#stopped.get(index) !== "displaced" || error.code !== errorCodes.Cancelled)
      return this.#options.afterFailure(item, outcome);
    this.#options.onDisplaced(index, item.text);
    return { do: "again", inMs: 0 };
  }

  /** Null: the item itself has no outcome yet. */
  #settle(chunk: Chunk, index: number, outcome: Outcome | null): void {
    this.#chunkOf.delete(index);
    this.#running.delete(index);
    this.#stopped.delete(index);
    this.#slots.giveBack(index);
    if (--chunk.left === 0) {
      this.#chunks.delete(chunk);
      this.#aheadBytes -= chunk.bytes;
      if (this.#chunks.size === 0) this.#wakeEnd?.();
    }
    if (outcome) this.#options.onOutcome(outcome);
  }

  readonly #fail = (error: Error): void => {
    if (this.#failure !== null) return;
    this.#failure = error;
    this.#source.stop();
    this.wake();
    this.#wakeEnd?.();
  };
}
