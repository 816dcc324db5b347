import { resolve } from "node:path";
import { Worker } from "node:worker_threads";
import { cacheFolder, usualBytes } from "../../cache/store.js";
import { PolyprocError } from "../../protocol/errors.js";
import { payloadData } from "../../protocol/payload.js";
import type { Payload } from "../../protocol/schema.js";
import type { Found, Replay, RunCache } from "../engine/runs/run-cache.js";
import type { RunSpec } from "../engine/runs/run-spec.js";
import type { CachedRun, FromThread, Looked, ToThread } from "./messages.js";

/** If the thread says nothing for so long, a disk does not answer: items run without the cache. */
const usualSilenceMs = 30_000;
/** Milliseconds that the end of the server waits for the thread: one that waits for a disk cannot be ended. */
const endMs = 500;
/** An outcome is not kept if those on their way to the thread have more bytes than this. */
const maxKeepBytes = 64 * 1024 * 1024;
/** Heap of the thread, in MiB. */
const heapMegabytes = 512;

/**
 * Kept outcomes for the runs of this server. A thread of its own works with the files, because hashing a large file or
 * waiting for a slow disk would block all clients. It lives as long as there are such runs.
 */
export class OutcomeCaches {
  readonly #options: CacheThreadOptions;
  #thread: CacheThread | null = null;

  constructor(options: CacheThreadOptions = {}) {
    this.#options = options;
  }

  /** Throws InvalidParams if a run like this has no outcomes that can be kept. */
  open(spec: RunSpec): RunCache {
    const about = describe(spec);
    if (!this.#thread || this.#thread.isOver) this.#thread = new CacheThread(this.#options);
    return this.#thread.open(about);
  }

  /** The server has ended. */
  async close(): Promise<void> {
    if (!this.#thread) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, endMs)));
    await Promise.race([this.#thread.end("the server is ending"), late]);
    clearTimeout(timer);
  }
}

export interface CacheThreadOptions {
  /** Its module. Default: `cache-thread.ts`. */
  module?: URL;
  /** Milliseconds without a sign of life after which it is given up. Default: 30,000. */
  silenceMs?: number;
}

class CacheThread {
  readonly #worker: Worker;
  readonly #calls = new Map<number, { run: number; count: number; answer: (found: readonly Found[]) => void }>();
  /** Runs that are closing. */
  readonly #closing = new Map<number, () => void>();
  readonly #runs = new Set<number>();
  readonly #silenceMs: number;
  #next = 0;
  #keepBytes = 0;
  #silence: NodeJS.Timeout | undefined;
  /** Why it cannot be used. */
  #fault: string | null = null;

  constructor({
    module = new URL("./cache-thread.js", import.meta.url),
    silenceMs = usualSilenceMs,
  }: CacheThreadOptions) {
    this.#silenceMs = silenceMs;
    this.#worker = new Worker(module, {
      name: "cache",
      execArgv: [],
      // Otherwise Node would open the standard streams, which this server shares with others.
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: heapMegabytes },
    });
    this.#worker.unref();
    this.#worker.stdout.resume();
    this.#worker.stderr.resume();
    this.#worker.on("message", (message: FromThread) => this.#received(message));
    this.#worker.on("error", (error) => void this.end(`the cache failed: ${error.message}`));
    this.#worker.on("exit", () => void this.end("the cache has ended"));
  }

  get isOver(): boolean {
    return this.#fault !== null;
  }

  open(about: CachedRun): RunCache {
    const run = this.#next++;
    this.#runs.add(run);
    this.#send({ kind: "open", run, about });
    return {
      look: (from, items, answer) => this.#look(run, from, items, answer),
      keep: (index, item, outcome) => this.#keep(run, index, item, outcome),
      close: (closed) => this.#close(run, about.isDropped, closed),
    };
  }

  /** Every question is answered: nothing was found. */
  async end(why: string): Promise<void> {
    if (this.#fault !== null) return;
    this.#fault = why;
    clearTimeout(this.#silence);
    for (const { count, answer } of this.#calls.values()) answer(misses(count, why));
    this.#calls.clear();
    for (const closed of this.#closing.values()) closed();
    this.#closing.clear();
    await this.#worker.terminate();
  }

  #look(run: number, from: number, items: readonly Payload[], answer: (found: readonly Found[]) => void): void {
    const fault = this.#fault;
    if (fault !== null) {
      setImmediate(() => answer(misses(items.length, fault)));
      return;
    }
    const call = this.#next++;
    this.#calls.set(call, { run, count: items.length, answer });
    this.#send({ kind: "look", run, call, from, items: items.map(copied) });
    this.#watch();
  }

  #keep(run: number, index: number, item: Payload, { value, ms, lines }: Replay): void {
    if (this.#fault !== null) return;
    const bytes = payloadData(item).length + payloadData(value).length;
    if (this.#keepBytes + bytes > maxKeepBytes) return;
    this.#keepBytes += bytes;
    this.#send({ kind: "keep", run, index, item: copied(item), outcome: { value: copied(value), ms, lines } });
  }

  #close(run: number, isDropped: Int32Array, closed: () => void): void {
    if (this.#fault !== null) {
      setImmediate(closed);
      return;
    }
    const isAsking = [...this.#calls.values()].some((call) => call.run === run);
    if (isAsking) {
      // It was cancelled. It does not wait until a large file is read.
      Atomics.store(isDropped, 0, 1);
      setImmediate(closed);
    } else this.#closing.set(run, closed);
    this.#send({ kind: "close", run });
    this.#watch();
  }

  #received(message: FromThread): void {
    if (this.#fault !== null) return;
    if (message.kind === "kept") this.#keepBytes -= message.bytes;
    else if (message.kind === "looked") {
      const { answer } = this.#calls.get(message.call)!;
      this.#calls.delete(message.call);
      answer(message.found satisfies readonly Looked[]);
    } else if (message.kind === "closed") {
      const closed = this.#closing.get(message.run);
      this.#closing.delete(message.run);
      closed?.();
    } else if (message.kind === "over") {
      this.#runs.delete(message.run);
      if (this.#runs.size === 0) void this.end("the cache has ended");
      return;
    }
    this.#watch();
  }

  /** Begins again to wait for a sign of life, if one is due. */
  #watch(): void {
    clearTimeout(this.#silence);
    if (this.#calls.size + this.#closing.size === 0) return;
    const ms = this.#silenceMs;
    this.#silence = setTimeout(() => void this.end(`the cache did not answer for ${ms / 1000} s`), ms);
    this.#silence.unref();
  }

  #send(message: ToThread): void {
    this.#worker.postMessage(message);
  }
}

/** Throws InvalidParams. */
function describe({ target, cluster, cwd = process.cwd(), env = {}, cache = {} }: RunSpec): CachedRun {
  if (cluster !== undefined)
    throw new PolyprocError("InvalidParams", "cache: outcomes of other hosts are not kept; leave cache or cluster out");
  if ("source" in target)
    throw new PolyprocError(
      "InvalidParams",
      "cache: what the text of a function depends on is not known; name a function of a module, or a command",
    );
  const isCommand = "command" in target;
  const folder = isCommand ? folderOf(target.cwd) : cwd;
  return {
    folder: cacheFolder(cache.dir),
    maxBytes: cache.maxBytes ?? usualBytes,
    target,
    cwd: resolve(folder),
    env: isCommand ? {} : env,
    variables: cache.env ?? Object.keys((isCommand ? target.env : env) ?? {}),
    inputs: cache.inputs ?? [],
    isDropped: new Int32Array(new SharedArrayBuffer(4)),
  };
}

/** A command whose folder depends on the item names its inputs from the server's folder. */
function folderOf(cwd = "."): string {
  if (/(?<!\{)\{(?:item(?:\.[^}]*)?|index)\}/.test(cwd)) return ".";
  return cwd.replace(/\{\{(item|index)\}\}/g, "{$1}");
}

/** The bytes in memory of their own: a part of a buffer would take the whole buffer to the thread. */
function copied(payload: Payload): Uint8Array {
  return new Uint8Array(payloadData(payload));
}

function misses(count: number, why: string): Found[] {
  return Array.from({ length: count }, () => ({ why }));
}
