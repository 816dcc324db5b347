import { PolyprocError } from "../../../protocol/errors.js";
import type { Failure } from "../../../protocol/job.js";
import type { NotificationParams } from "../session/methods.js";
import type { Progress } from "../../../protocol/progress.js";
import type { Payload } from "../../../protocol/schema.js";
import type { WorkerTask } from "../../../protocol/worker.js";
import type { Callable } from "./callable.js";
import { failureOf, taskFailed } from "./failure.js";
import type { CurrentTask, Identity } from "./link.js";
import { loadTarget, Targets, type HostTarget } from "./targets.js";
import type { TaskChannel, TaskPacket } from "./task-channel.js";
import { TaskList } from "./task-list.js";
import { applied, TaskRun, type Outcome, type TaskOwner } from "./task-run.js";
import { Turn } from "./turn.js";

/** What the runner needs from its process. */
export interface RunnerOptions {
  channel: TaskChannel | null;
  encode(value: unknown): Payload;
  /** Returns a promise if the payload needs classes that are not loaded yet. */
  decode(payload: Payload): unknown;
  /** The payload is not decoded. */
  drop(payload: Payload): void;
  /** Largest payload of one message, in bytes. */
  maxPayloadBytes: number;
  tell(method: "worker/part" | "worker/result" | "worker/progress" | "worker/initialized", params: object): void;
  /** The only task of a Process is done, so the host must end. `thrown`: what its function threw, or null. */
  ended(thrown: { error: unknown } | null): void;
  /** The server sends no more tasks, and none is running. */
  retired(): void;
}

/** A packet that comes this many milliseconds after the last task comes in another turn of the event loop. */
const awokenMs = 0.2;

/** Runs the tasks of this host, one at a time, in the server's order. */
export class Runner implements TaskOwner {
  readonly turn = new Turn();
  identity: Identity | null = null;
  readonly #options: RunnerOptions;
  readonly #targets = new Targets();
  #list: TaskList;
  #current: TaskRun | null = null;
  /** The task whose target is being loaded. */
  #loading: WorkerTask | null = null;
  /** Tasks that were cancelled before they started: they are still in the list, or their module is being loaded. */
  readonly #cancelled = new Set<number>();
  /** A task or the initializer is being loaded or run. */
  #busy = false;
  /** The initializer failed: this worker must run no task. */
  #spoiled = false;
  #pumping = false;
  /** When it last ran out of tasks. */
  #idleSince = 0;
  #once = false;
  #retiring = false;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#list = new TaskList(options.channel, (target) => this.#targets.has(target));
    options.channel?.onPacket(this.#received);
  }

  get task(): CurrentTask | null {
    return this.#current;
  }

  /** Handles `worker/run`. */
  accept(params: NotificationParams<"worker/run">): void {
    if (params.identity) this.identity = params.identity;
    if (params.once) {
      this.#once = true;
      // The only task comes without a packet.
      this.#list = new TaskList(null, () => true);
    }
    for (const { id, target } of params.targets ?? []) this.#targets.add(id, target);
    this.#list.add(params.tasks);
    if (params.initializer) void this.#initialize(params.initializer.target, params.initializer.args);
    // Start after the rest of the received messages is handled: it may contain a cancel for this task.
    else queueMicrotask(this.#pump);
  }

  cancel(seq: number, reason: "Cancelled" | "TimedOut", from?: number): void {
    if (this.#current?.task.seq === seq) this.#current.stop(reason, from);
    else if (reason === "Cancelled") this.#cancelled.add(seq);
  }

  /** Handles `worker/exit`: the server sends no more tasks. */
  retire(): void {
    this.#retiring = true;
    queueMicrotask(this.#pump);
  }

  /** Fails the running task with an uncaught exception. False if no task is running. */
  uncaught(error: unknown): boolean {
    if (!this.#current) return false;
    this.#current.abandon(error);
    return true;
  }

  /** The process is about to exit: reports the results that are still held. */
  flush(): void {
    this.#current?.flush();
  }

  /** The program ends its process: if that is the module that is being loaded, its task fails for this reason. */
  exits(code: number): void {
    const task = this.#loading;
    if (task && !this.#once) this.#tellFailure(task, this.#targets.endedBy(task.target, code));
  }

  readonly #received = (packet: TaskPacket): void => {
    this.#list.take(packet);
    if (performance.now() - this.#idleSince > awokenMs) this.turn.begins();
    this.#pump();
  };

  readonly #pump = (): void => {
    if (this.#pumping) return;
    this.#pumping = true;
    let goesOn = false;
    while (!this.#busy && !this.#spoiled) {
      if (this.turn.isLong()) {
        goesOn = true;
        this.turn.next(this.#pump);
        break;
      }
      const task = this.#list.next(this.#retiring);
      if (!task) {
        this.#idleSince = performance.now();
        break;
      }
      this.#begin(task);
    }
    this.#pumping = false;
    if (this.#retiring && !this.#busy && !goesOn && this.#list.isEmpty) this.#options.retired();
  };

  #begin(task: WorkerTask): void {
    this.#busy = true;
    const callable = this.#targets.get(task.target);
    if (callable instanceof Promise) {
      this.#loading = task;
      void callable.then((loaded) => {
        this.#loading = null;
        // The empty part restarts the task's time limit: loading the module does not count.
        if (!this.#once) this.part(task, { from: task.from ?? 0, count: 0 }, task.from ?? 0);
        this.#decode(task, loaded);
      });
    } else this.#decode(task, callable);
  }

  #decode(task: WorkerTask, callable: Callable | Error): void {
    if (callable instanceof Error) {
      this.#options.drop(task.items);
      this.#failAll(task, callable);
      return;
    }
    try {
      const items = this.#options.decode(task.items);
      if (items instanceof Promise)
        items.then(
          (decoded) => this.#launch(task, callable, decoded),
          (error: unknown) => this.#failAll(task, error),
        );
      else this.#launch(task, callable, items);
    } catch (error) {
      this.#failAll(task, error);
    }
  }

  #launch(task: WorkerTask, callable: Callable, items: unknown): void {
    if (!Array.isArray(items)) {
      this.#failAll(task, new TypeError("a task's items must be an array"));
      return;
    }
    this.#current = new TaskRun(this, task, callable, items);
    if (this.#cancelled.has(task.seq)) this.#current.stop("Cancelled");
    // Earlier tasks have ended or were taken back.
    for (const seq of this.#cancelled) if (seq <= task.seq) this.#cancelled.delete(seq);
    this.#current.start();
  }

  /** Fails all items of a task that cannot run. */
  #failAll(task: WorkerTask, error: unknown): void {
    this.#tellFailure(task, error);
    if (this.#once) this.#options.ended({ error });
    else this.#free();
  }

  #tellFailure(task: WorkerTask, error: unknown): void {
    const from = task.from ?? 0;
    this.result(task, { from, count: (task.to ?? task.count) - from, error: failed(error) });
  }

  async #initialize(target: HostTarget, args: Payload | undefined): Promise<void> {
    this.#busy = true;
    try {
      const callable = await loadTarget(target);
      if (callable instanceof Error) throw callable;
      const call = args === undefined ? [] : await this.#options.decode(args);
      await callable.call(applied(call as []));
    } catch (error) {
      this.#spoiled = true;
      this.#options.tell("worker/initialized", { error: failed(error) });
      this.#free();
      return;
    }
    this.#options.tell("worker/initialized", {});
    this.#free();
  }

  #free(): void {
    this.#busy = false;
    this.#current = null;
    this.#pump();
  }

  // Called by the running task.

  get maxPayloadBytes(): number {
    return this.#options.maxPayloadBytes;
  }

  encode(value: unknown): Payload {
    return this.#options.encode(value);
  }

  part(task: WorkerTask, outcome: Outcome, next: number): void {
    this.#options.tell("worker/part", { seq: task.seq, ...outcome, next });
  }

  progress(task: WorkerTask, item: number, progress: Progress): void {
    this.#options.tell("worker/progress", { seq: task.seq, item, ...progress });
  }

  result(task: WorkerTask, outcome: Outcome): void {
    this.#options.tell("worker/result", {
      seq: task.seq,
      from: outcome.from,
      count: outcome.count,
      values: outcome.values,
      error: outcome.error,
      ms: outcome.ms,
    });
  }

  finished(): void {
    if (this.#once) {
      const { thrown } = this.#current!;
      this.#current = null;
      this.#options.ended(thrown);
    } else {
      this.#free();
    }
  }
}

function failed(error: unknown): Failure {
  return error instanceof PolyprocError ? failureOf(error) : taskFailed(error);
}
