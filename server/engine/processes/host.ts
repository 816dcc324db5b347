import { PolyprocError } from "../../../protocol/errors.js";
import type { Timer } from "../clock.js";
import type { Params } from "../../../protocol/message.js";
import * as worker from "../../../protocol/worker.js";
import type { Guard, Principal } from "../guard.js";
import type { OutputHub } from "./output.js";
import { describeExit, type ProcessRecord } from "./process.js";
import { ProgressGate } from "./progress-gate.js";
import type { Session } from "../session.js";
import type { ExitStatus, Host, HostEvents, HostSpec, Spawner, TaskChannel } from "./spawner.js";

/** What a host needs of the engine. */
export interface HostDependencies {
  readonly guard: Guard;
  readonly output: Pick<OutputHub, "feed" | "end">;
  readonly processes: { newHostProcess(spec: HostSpec): ProcessRecord };
  readonly options: { readonly spawner: Pick<Spawner, "startHost"> };
}

/** The pool worker or process that uses a host. If one of these methods throws, the user is ended. */
export interface HostUser extends Principal {
  ready(): void;
  initialized(error: Params<typeof worker.initialized>["error"]): void;
  part(part: Params<typeof worker.part>): void;
  result(result: Params<typeof worker.result>): void;
  /** Gets reports about tasks. Without this method, a report is about the process. */
  report?(report: Params<typeof worker.report>): void;
  /** The host has exited, its connection was read to the end, and its session has ended. */
  gone(status: ExitStatus): void;
  /** The host could not be started. */
  failed(error: PolyprocError): void;
}

/** Milliseconds that a process may outlive its connection. */
const lingerMs = 200;
/** Milliseconds until `worker/ready`. Far longer than thousands of interpreters take that start together. */
const readyMs = 300_000;
/** Milliseconds that a host may take to exit after its `shutdown`: the function's module may have exit handlers. */
const farewellMs = 5000;

/**
 * A worker host: a process that runs functions, from its spawn to its end. It is gone when its process was reaped and
 * its connection was read to the end. The last results are often still in the socket when the kernel reports the exit.
 */
export class HostRecord implements HostEvents, Principal {
  static readonly #bySession = new WeakMap<Session, HostRecord>();
  readonly engine: HostDependencies;
  readonly process: ProcessRecord;
  readonly runtime: string;
  /** What it says of its progress. */
  readonly progress: ProgressGate;
  host: Host | null = null;
  /** Where its tasks go. Null: it gets them in messages, one at a time. */
  tasks: TaskChannel | null = null;
  #user: HostUser | null = null;
  #session: Session | null = null;
  #status: ExitStatus | null = null;
  #failed: PolyprocError | null = null;
  #gone = false;
  #endTimer: Timer | undefined;
  #readyTimer: Timer | undefined;
  #expelledFor: string | null = null;

  /** The worker host at the other end of this session; undefined for clients. */
  static of(session: Session): HostRecord | undefined {
    return HostRecord.#bySession.get(session);
  }

  constructor(engine: HostDependencies, spec: HostSpec) {
    this.engine = engine;
    this.runtime = spec.runtime;
    this.process = engine.processes.newHostProcess(spec);
    this.progress = new ProgressGate(this.process);
    try {
      this.host = engine.options.spawner.startHost(spec, this);
      this.process.child = this.host;
    } catch (error) {
      // Without `failed`, the process would stay "starting" for ever.
      engine.guard.fault(null, error);
      engine.guard.soon(this, () =>
        this.failed(
          new PolyprocError("SpawnFailed", `the ${spec.runtime} host could not be started: ${String(error)}`),
        ),
      );
    }
  }

  get session(): Session | null {
    return this.#session;
  }

  /** It has sent `worker/ready`, lives, and may get tasks. */
  get isReady(): boolean {
    return this.#session !== null && this.#status === null && this.#expelledFor === null && !this.#session.ended;
  }

  /** The violation of the protocol for which the host is ended, or null. */
  get expelledFor(): string | null {
    return this.#expelledFor;
  }

  get isOver(): boolean {
    return this.#gone || this.#failed !== null || this.#status !== null;
  }

  /** Sets the user. If the host is ready, gone or failed already, the user is called at once. */
  use(user: HostUser): void {
    this.#user = user;
    if (this.#failed) user.failed(this.#failed);
    else if (this.#gone) user.gone(this.#status!);
    else if (this.isReady) user.ready();
  }

  send(params: Params<typeof worker.run>): void {
    this.#session?.peer.notify(worker.run, params);
  }

  cancelTask(seq: number, reason: "Cancelled" | "TimedOut", from: number): void {
    this.#session?.peer.notify(worker.cancel, { seq, reason, from });
  }

  /** Asks the host to exit. */
  retire(): void {
    if (this.isReady) this.#session!.peer.notify(worker.exit, {});
    else this.process.kill();
  }

  /**
   * Ends a host that broke the protocol. Its messages are ignored from now on, its process is killed, and its
   * connection is closed with the reason. May be called in the middle of a change: the consequences come in a later
   * turn.
   */
  expel(what: string): void {
    if (this.#expelledFor !== null) return;
    this.#expelledFor = what;
    this.process.kill();
    this.engine.guard.soon(null, () =>
      this.#session?.peer.close(
        new PolyprocError("Malformed", `this worker host does not follow the protocol: ${what}`),
      ),
    );
  }

  endAfterFault(error: PolyprocError): void {
    this.expel(error.message);
  }

  connected(session: Session, ready: Params<typeof worker.ready>): void {
    this.#session = session;
    this.#readyTimer?.cancel();
    HostRecord.#bySession.set(session, this);
    this.process.session = session;
    this.tasks = (ready.workerChannels && this.host?.tasks) || null;
    const { stacks } = ready;
    const { host } = this;
    this.process.stack = stacks && host ? () => host.readStack(stacks) : null;
    session.onEnd((died) => this.#sessionEnded(died));
    this.#tell((user) => user.ready());
  }

  initialized(params: Params<typeof worker.initialized>): void {
    this.#tell((user) => user.initialized(params.error));
  }

  part(params: Params<typeof worker.part>): void {
    this.#tell((user) => user.part(params));
  }

  result(params: Params<typeof worker.result>): void {
    this.#tell((user) => user.result(params));
  }

  report(params: Params<typeof worker.report>): void {
    this.#tell((user) => {
      if (user.report) user.report(params);
      else this.progress.set({ fraction: params.fraction, text: params.text });
    });
  }

  hidesStack(reason: string): void {
    this.process.stack = reason;
  }

  #tell(what: (user: HostUser) => void): void {
    const user = this.#user;
    if (user && this.#expelledFor === null) this.engine.guard.run(user, () => what(user));
  }

  // Events of the operating system.

  spawned(pid: number): void {
    this.#readyTimer = this.engine.guard.after(readyMs, this, () =>
      this.expel(`it did not say worker/ready within ${readyMs / 1000} s of its start`),
    );
    this.engine.guard.run(this, () => this.process.spawned(pid));
  }

  failed(error: PolyprocError): void {
    const { guard } = this.engine;
    this.#failed = error;
    guard.run(null, () => this.process.exitedWith({ exitCode: 127, signal: null }, error.message));
    guard.run(this.#user, () => this.#user?.failed(error));
    this.#user = null;
  }

  output(stream: "stdout" | "stderr", data: Uint8Array): void {
    this.engine.guard.run(this, () => this.engine.output.feed(this.process, stream, data));
  }

  exited(status: ExitStatus): void {
    this.#status = status;
    this.#endTimer?.cancel();
    this.#readyTimer?.cancel();
    // Messages that were read may not be handled yet. The session ends after them, and calls #over then.
    if (!this.#session || this.#session.ended) this.#over();
  }

  #sessionEnded(died: boolean): void {
    if (this.#status) {
      this.#over();
      return;
    }
    // Usually the exit follows at once. A host that lives on without a connection is useless, so it is ended.
    this.#endTimer = this.engine.guard.after(died ? lingerMs : farewellMs, this, () => this.process.terminate(1000));
  }

  #over(): void {
    if (this.#gone) return;
    this.#gone = true;
    const { guard } = this.engine;
    const status = this.#status!;
    this.progress.clear();
    guard.run(null, () => this.engine.output.end(this.process));
    guard.run(this.#user, () => this.#user?.gone(status));
    guard.run(null, () => this.process.exitedWith(status, this.process.failure ?? describeExit(status)));
    // Ended processes are remembered, and lead here. The pool and its run must not be kept by that.
    this.#user = null;
  }
}
