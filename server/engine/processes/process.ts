import { formatBytes } from "../../../protocol/bytes.js";
import { PolyprocError } from "../../../protocol/errors.js";
import type { OnParentDeath, ProcessInfo } from "../../../protocol/process.js";
import type { Handle } from "../../../protocol/schema.js";
import type { StackReading } from "../../../protocol/stack.js";
import type { Guard } from "../guard.js";
import type { SharedObject } from "../registry.js";
import type { OwnProcess, Session } from "../session.js";
import type { CommandStreams } from "./command-streams.js";
import type { Child, ExitStatus, SignalNumber } from "./spawner.js";
import type { TargetSource } from "./target-source.js";
import type { Clock, Timer } from "../clock.js";
import type { EventLog } from "../watch/event-log.js";
import { Wait, type Party, type Waitable } from "../wait.js";

/** What a process needs of the engine. */
export interface ProcessDependencies {
  readonly clock: Clock;
  readonly guard: Guard;
  readonly events: Pick<EventLog, "publishProcess" | "publishSession" | "taskChanged">;
  readonly processes: { exited(record: ProcessRecord): void };
  readonly options: { readonly signalNumber: SignalNumber };
}

export interface ProcessOptions {
  handle: Handle;
  name: string;
  role: ProcessInfo["role"];
  daemon: boolean;
  runtime: string;
  target: string;
  source: TargetSource | null;
  cwd: string;
  /** The session that started it. Null for warm hosts, which the server starts. */
  starter: Session | null;
  /** Python's `_identity`: `[2, 1]` is the first child of the second child. */
  identity: readonly number[];
}

/** A child process, from its start until its last reference is gone. */
export class ProcessRecord implements SharedObject, Waitable, OwnProcess {
  readonly engine: ProcessDependencies;
  handle: Handle;
  name: string;
  role: ProcessInfo["role"];
  daemon: boolean;
  /** Null: it outlives a parent process that dies, as in Python, and ends with the client at the root of its tree. */
  onParentDeath: OnParentDeath | null = null;
  readonly runtime: string;
  target: string;
  source: TargetSource | null;
  cwd: string;
  starter: Session | null;
  identity: readonly number[];
  pool: Handle | null = null;
  child: Child | null = null;
  /** Only for a command: the streams that its starter writes and reads. */
  streams: CommandStreams | null = null;
  /** The session of this process, if it is a host that has connected. */
  session: Session | null = null;
  /** How its stack is read, if it is a host that has connected; the reason if it hides its stack. */
  stack: (() => Promise<StackReading>) | string | null = null;
  pid: number | null = null;
  exitCode: number | null = null;
  signal: string | null = null;
  reason: string | null = null;
  /** Its pool ended it. */
  dismissed = false;
  /** Why its function failed, as its host reported it before the exit. */
  failure: string | null = null;
  readonly startedAt: number;
  endedAt: number | null = null;
  /** What is known of its memory. Empty while it runs. */
  memory: Pick<ProcessInfo, "peakMemoryBytes" | "outOfMemory"> = {};
  task: NonNullable<ProcessInfo["task"]> | null = null;
  progress: NonNullable<ProcessInfo["progress"]> | null = null;
  /** Number of children that it has started: the last number of their identities. */
  childCount = 0;
  #exitListeners = new Set<() => void>();
  #killTimer: Timer | undefined;
  #suspended = false;
  #pendingSignal: "SIGTERM" | "SIGKILL" | null = null;

  constructor(engine: ProcessDependencies, options: ProcessOptions) {
    this.engine = engine;
    this.handle = options.handle;
    this.name = options.name;
    this.role = options.role;
    this.daemon = options.daemon;
    this.runtime = options.runtime;
    this.target = options.target;
    this.source = options.source;
    this.cwd = options.cwd;
    this.starter = options.starter;
    this.identity = options.identity;
    this.startedAt = engine.clock.wallTime();
  }

  get exited(): boolean {
    return this.endedAt !== null;
  }

  /** A party that joins this process waits for the process's own session. */
  *holders(): Iterable<Party> {
    if (this.session && !this.exited) yield { session: this.session, owner: "" };
  }

  /**
   * Calls the listener at the exit; at once if the process has exited. Returns a function that removes the listener.
   */
  onExit(listener: () => void): () => void {
    if (this.exited) {
      listener();
      return () => {};
    }
    this.#exitListeners.add(listener);
    return () => this.#exitListeners.delete(listener);
  }

  join(session: Session, timeoutMs: number | null | undefined): JoinResult | Wait<JoinResult> {
    if (session.process === this) throw new PolyprocError("BadState", "a process cannot join itself");
    if (this.exited) return { exited: true, exitCode: this.exitCode };
    if (timeoutMs === 0) return { exited: false, exitCode: null };
    const wait: Wait<JoinResult> = new Wait<JoinResult>(session, {
      timeoutMs,
      resource: this,
      about: { object: this, reason: "running" },
      onTimeout: () => ({ exited: false, exitCode: null }),
      onLeave: () => leave(),
    });
    const leave = this.onExit(() => wait.resolve({ exited: true, exitCode: this.exitCode }));
    return wait;
  }

  spawned(pid: number): void {
    this.pid = pid;
    if (this.#pendingSignal) this.child?.signalTree(this.#pendingSignal);
    this.changed();
  }

  /** Sends SIGTERM to the process tree; if a grace is given, SIGKILL after it. */
  terminate(graceMs: number | null | undefined): void {
    this.#signal("SIGTERM");
    if (graceMs === null || graceMs === undefined || this.exited) return;
    this.#killTimer?.cancel();
    this.#killTimer = this.engine.guard.after(graceMs, null, () => this.kill());
  }

  kill(): void {
    this.#signal("SIGKILL");
  }

  /** Stops its process tree, or lets it continue. */
  suspend(stop: boolean): void {
    this.#suspended = stop;
    this.child?.suspend(stop);
  }

  killIn(lease: string, ms: number | null): void {
    this.child?.killIn(lease, ms);
  }

  /** Where its function is. Rejects with BadState if that cannot be read. */
  async readStack(): Promise<StackReading> {
    const { stack, name } = this;
    if (this.exited) throw new PolyprocError("BadState", `${name} has ended: it has no stack any more`);
    if (stack === null)
      throw new PolyprocError(
        "BadState",
        this.runtime === "command"
          ? `${name} is a command: only functions of Node and Python have a stack that can be read`
          : `the stack of ${name} (${this.runtime}) cannot be read: it is still starting, or its host cannot show it`,
      );
    if (typeof stack === "string") throw new PolyprocError("BadState", `the stack of ${name} cannot be read: ${stack}`);
    try {
      return await stack();
    } catch (error) {
      const why = this.exited ? "it has ended" : error instanceof Error ? error.message : String(error);
      throw new PolyprocError("BadState", `the stack of ${name} cannot be read: ${why}`);
    }
  }

  /** Kills it for its pool. */
  dismiss(): void {
    if (!this.exited) this.dismissed = true;
    this.kill();
  }

  exitedWith(status: ExitStatus, reason: string): void {
    if (this.exited) return;
    this.signal = status.signal;
    this.exitCode = status.signal === null ? status.exitCode : -this.engine.options.signalNumber(status.signal);
    this.reason = reason;
    const { peakMemoryBytes, outOfMemory } = status;
    this.memory = {
      ...(peakMemoryBytes === undefined ? {} : { peakMemoryBytes }),
      ...(outOfMemory === undefined ? {} : { outOfMemory }),
    };
    this.endedAt = this.engine.clock.wallTime();
    this.task = this.progress = null;
    // The record may live for long; the buffers of the child's pipes and connection must not.
    this.child = null;
    this.stack = null;
    this.#killTimer?.cancel();
    if (this.streams) this.engine.guard.run(null, () => this.streams!.exited());
    this.starter?.children.delete(this);
    this.engine.processes.exited(this);
    this.changed();
    const listeners = [...this.#exitListeners];
    this.#exitListeners.clear();
    for (const listener of listeners) this.engine.guard.run(null, listener);
  }

  changed(): void {
    if (this.role !== "host") this.engine.events.publishProcess(this.describeProcess());
    // The session has the process's name.
    if (this.session && !this.session.ended) this.engine.events.publishSession(this.session);
  }

  describeProcess(): ProcessInfo {
    return {
      process: this.handle,
      pid: this.pid,
      name: this.name,
      role: this.role,
      state: this.exited ? "exited" : this.pid === null ? "starting" : "running",
      daemon: this.daemon,
      runtime: this.runtime,
      target: this.target,
      source: this.source,
      cwd: this.cwd,
      parent: this.starter?.process?.handle ?? null,
      session: this.starter?.id ?? "",
      pool: this.pool,
      exitCode: this.exitCode,
      reason: this.reason,
      dismissed: this.dismissed,
      startedAt: this.startedAt,
      endedAt: this.endedAt,
      task: this.task,
      ...this.memory,
      ...(this.progress === null ? {} : { progress: this.progress }),
    };
  }

  /** A running process goes on without references: it is in the table until it exits. */
  unreferenced(): void {
    this.streams?.close();
  }

  #signal(signal: "SIGTERM" | "SIGKILL"): void {
    if (this.exited) return;
    // If it still waits in the spawn queue, it is never started.
    if (this.pid === null) this.#pendingSignal = signal;
    this.child?.signalTree(signal);
    // A stopped process gets SIGTERM when it continues.
    if (this.#suspended) this.suspend(false);
  }
}

export interface JoinResult {
  exited: boolean;
  exitCode: number | null;
}

/** How a process ended, for display: `exit code 3`, `killed by SIGKILL, because memory ran out`. */
export function describeExit(status: ExitStatus): string {
  const why = lackOfMemory(status);
  if (status.signal !== null) return `killed by ${status.signal}${why}`;
  return status.exitCode === 0 ? "ended" : `exit code ${status.exitCode}${why}`;
}

/** To be appended to how the process ended: that the kernel killed it because memory ran out. Empty if it did not. */
export function lackOfMemory({ outOfMemory, peakMemoryBytes }: ExitStatus): string {
  if (outOfMemory !== true) return "";
  const size = peakMemoryBytes === undefined ? "" : ` (it had at least ${formatBytes(peakMemoryBytes)})`;
  return `, because memory ran out${size}`;
}
