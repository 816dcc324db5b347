import type { Connection } from "../../bindings/typescript/session/connection.js";
import { describeTarget } from "../../protocol/describe-target.js";
import { errorCodes } from "../../protocol/errors.js";
import type { ResultEntry, TaskInput } from "../../protocol/job.js";
import type { Progress } from "../../protocol/progress.js";
import type { Target } from "../../protocol/target.js";
import { jsonToPayload, payloadToJson } from "../../protocol/values.js";
import { ExitError } from "../exit-error.js";
import { exitStatus } from "../exit-status.js";
import type { Item, ItemSource } from "./items.js";
import type { Outcome } from "./outcome.js";
import { Slots } from "./slots.js";

export interface MapRunOptions {
  target: Target;
  /**
   * The arguments of the command for an item; the target then has none. `slot`: from 1, of the items that run at a
   * time. Throws an Error if the item cannot be filled in. Null: the server fills it in.
   */
  fill: ((item: Item & { ok: true }, index: number, slot: number) => string[]) | null;
  /** Most workers or commands at a time. */
  processes: number | undefined;
  /** Address of the cluster on whose hosts they run. Undefined: the server's own machine. */
  cluster?: string | undefined;
  /** Items in one task. */
  chunkSize: number;
  retries: number;
  timeoutMs: number | null;
  /** Called once for each item, in no particular order. */
  onOutcome: (outcome: Outcome) => void;
  /** An earlier run has done this item. */
  passesOver: (item: Item, index: number) => boolean;
  onPassedOver: (index: number) => void;
  onStarted: (index: number, item: string, pid: number) => void;
  /** A running item said how far it is, or took that back. */
  onProgress: (index: number, item: string, progress: Progress) => void;
  /**
   * Whether the reader of the results is fast enough for this item to start. After it has returned false, call `wake`
   * when it may return true.
   */
  mayFeed: (index: number) => boolean;
}

/** Tasks of functions may be short, so some wait at the server. Their bytes are limited. */
const chunksAhead = 32;
/** Without a limit, hosts of a cluster may take so many chunks at a time. */
const clusterAhead = 1024;
const maxAheadBytes = 8 * 1024 * 1024;
const maxMessageBytes = 1024 * 1024;
const maxMessageTasks = 256;

interface Chunk {
  /** Position of the first item. */
  index: number;
  items: (Item & { ok: true })[];
  bytes: number;
  /** Items without an outcome. */
  left: number;
}

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
  readonly #window: number;
  readonly #chunkSize: number;
  /** The chunk of each item that is submitted and has no outcome. */
  readonly #chunkOf = new Map<number, Chunk>();
  readonly #chunks = new Set<Chunk>();
  /** The process that runs each item: the command, or the worker. */
  readonly #pidOf = new Map<number, number>();
  readonly #slots = new Slots();
  #aheadBytes = 0;
  #outbox: TaskInput[] = [];
  #outboxBytes = 0;
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
    const { processes = clusterAhead } = options;
    this.#window = isCommand && options.cluster === undefined ? processes : processes * 2 + chunksAhead;
  }

  /** Number of items that were submitted and have no outcome. */
  get underWay(): number {
    return this.#chunkOf.size;
  }

  /** Pids of the processes that run items, those that the server has just started included. */
  async runningPids(): Promise<number[]> {
    // The server tells of starts before it answers. It refuses while there is no job yet, or none any more.
    await this.#connection.request("job/watch", { job: this.#job }).catch(() => {});
    return [...new Set(this.#pidOf.values())];
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
    const { target, fill, processes, cluster, retries, timeoutMs } = this.#options;
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
    try {
      for (let index = 0; this.#feeding; index++) {
        if (!this.#hasRoom(index)) {
          this.#send();
          await new Promise<void>((wake) => (this.#wakeFeed = wake));
          index--;
          continue;
        }
        const step = await iterator.next();
        if (step.done === true || !this.#feeding) break;
        if (this.#options.passesOver(step.value, index)) {
          if (chunk) this.#submit(chunk);
          chunk = null;
          this.#options.onPassedOver(index);
          continue;
        }
        const item = this.#filled(step.value, index);
        if (!item.ok) {
          if (chunk) this.#submit(chunk);
          chunk = null;
          this.#refuse(index, item.text, item.reason);
          continue;
        }
        chunk ??= { index, items: [], bytes: 0, left: 0 };
        chunk.items.push(item);
        chunk.bytes += item.text.length;
        if (chunk.items.length < this.#chunkSize && chunk.bytes < maxMessageBytes) continue;
        this.#submit(chunk);
        chunk = null;
      }
      if (chunk && this.#feeding) this.#submit(chunk);
      this.#send();
    } catch (error) {
      // A stopped source may end with an error.
      if (this.#feeding) throw error;
    }
  }

  /** The item with the arguments of its command as its value. */
  #filled(item: Item, index: number): Item {
    const { fill } = this.#options;
    if (fill === null || !item.ok) return item;
    const slot = this.#slots.take(index);
    try {
      return { ...item, value: fill(item, index, slot) };
    } catch (error) {
      this.#slots.giveBack(index);
      return { ok: false, text: item.text, reason: (error as Error).message };
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
    chunk.left = chunk.items.length;
    this.#chunks.add(chunk);
    this.#aheadBytes += chunk.bytes;
    for (let i = 0; i < chunk.items.length; i++) this.#chunkOf.set(chunk.index + i, chunk);
    if (this.#outbox.length === 0) setImmediate(() => this.#send());
    this.#outbox.push({
      index: chunk.index,
      count: chunk.items.length,
      items: jsonToPayload(chunk.items.map((item) => item.value)),
    });
    this.#outboxBytes += chunk.bytes;
    if (this.#outbox.length >= maxMessageTasks || this.#outboxBytes >= maxMessageBytes) this.#send();
  }

  #send(): void {
    if (this.#outbox.length === 0 || this.#ending !== "no") return;
    const tasks = this.#outbox;
    this.#outbox = [];
    this.#outboxBytes = 0;
    this.#connection.request("job/submit", { job: this.#job, tasks }).catch(this.#fail);
  }

  #stopFeeding(): void {
    this.#source.stop();
    for (const { index } of this.#outbox) this.#skip(this.#chunkOf.get(index)!);
    this.#outbox = [];
    this.wake();
  }

  #skip(chunk: Chunk): void {
    chunk.items.forEach((item, i) =>
      this.#settle(chunk, chunk.index + i, { kind: "skipped", index: chunk.index + i, item: item.text, ms: 0, pid: 0 }),
    );
  }

  #began(index: number, pid: number): void {
    const chunk = this.#chunkOf.get(index);
    if (!chunk) return;
    this.#pidOf.set(index, pid);
    this.#options.onStarted(index, chunk.items[index - chunk.index]!.text, pid);
  }

  #reported(index: number, progress: Progress): void {
    const chunk = this.#chunkOf.get(index);
    if (chunk) this.#options.onProgress(index, chunk.items[index - chunk.index]!.text, progress);
  }

  #received({ index: first, count, values, error, pid, ms: total }: ResultEntry): void {
    const decoded = values ? (payloadToJson(values) as unknown[]) : [];
    const ms = Math.round((total / count) * 1000) / 1000;
    for (let i = 0; i < count; i++) {
      const index = first + i;
      const chunk = this.#chunkOf.get(index);
      if (!chunk) continue;
      const ran = { index, item: chunk.items[index - chunk.index]!.text, ms, pid };
      if (!error) this.#settle(chunk, index, { kind: "done", ...ran, value: decoded[i] });
      else if (this.#ending !== "no" && error.code === errorCodes.Cancelled)
        this.#settle(chunk, index, { kind: "skipped", ...ran });
      else this.#settle(chunk, index, { kind: "failed", ...ran, error });
    }
    this.wake();
  }

  #settle(chunk: Chunk, index: number, outcome: Outcome): void {
    this.#chunkOf.delete(index);
    this.#pidOf.delete(index);
    this.#slots.giveBack(index);
    if (--chunk.left === 0) {
      this.#chunks.delete(chunk);
      this.#aheadBytes -= chunk.bytes;
      if (this.#chunks.size === 0) this.#wakeEnd?.();
    }
    this.#options.onOutcome(outcome);
  }

  readonly #fail = (error: Error): void => {
    if (this.#failure !== null) return;
    this.#failure = error;
    this.#source.stop();
    this.wake();
    this.#wakeEnd?.();
  };
}
