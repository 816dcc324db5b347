import type { Readable, Writable } from "node:stream";
import { PolyprocError } from "../../../protocol/errors.js";
import type { Handle } from "../../../protocol/payload.js";
import type { Target } from "../../../protocol/target.js";
import { encodeFor } from "../session/codec.js";
import { addChild, removeChild } from "./children.js";
import { CommandStreams } from "./command-streams.js";
import { currentProcess, refuseWhileLoading } from "./current.js";
import { onAbort } from "../session/abort.js";
import { aborted } from "../session/errors.js";
import { registerKind } from "../session/handles.js";
import { moduleOfClass } from "./process-class.js";
import { checkOptions } from "../session/options.js";
import { ExistingHandle, SharedObject } from "../session/shared-object.js";
import {
  processOptions,
  streamNames,
  terminateOptions,
  type ProcessOptions,
  type TerminateOptions,
} from "./process-options.js";
import { checkSurroundings, toSurroundings } from "./surroundings.js";
import { toTarget, type AnyArguments } from "./target.js";
import { mainFlow, waitAs } from "../sync/owner.js";
import { timeoutOf, waitOptions, type Timeout } from "../sync/wait-options.js";

type State = "new" | "starting" | "running" | "exited" | "closed";

/** Settles when the process has ended. */
interface Exit {
  promise: Promise<void>;
  resolve(): void;
  reject(error: unknown): void;
}

/** The longest time of a timer. With a timeout, deadlock detection ignores the wait, because it ends by itself. */
const longestMs = 2 ** 31 - 1;
/** Milliseconds between SIGTERM and SIGKILL when a signal fires: as for a task. */
const abortGraceMs = 1000;
const runner = new URL("./process-runner.js", import.meta.url).href;
const counts = new Map<string, number>();

/**
 * A process of the operating system.
 *
 * ```ts
 * export function greet(name: string) { console.log(`hello ${name}`); }
 * if (isMain(import.meta)) {
 *   const p = new Process({ target: task(import.meta, greet), args: ["bob"] });
 *   await p.start();
 *   await p.join();
 * }
 * ```
 *
 * A subclass may override `run` in place of a target; its module must export it. Its fields are sent to the child,
 * except `#private` ones. Its constructor does not run there again.
 */
export class Process<A extends AnyArguments = AnyArguments> extends SharedObject {
  readonly #options: ProcessOptions<A>;
  readonly #module: string | null = null;
  readonly #streams: CommandStreams;
  #state: State = "new";
  #name: string | undefined;
  #daemon: boolean;
  #pid: number | null = null;
  #exitCode: number | null = null;
  #watching = false;
  #exited: Exit | null = null;

  constructor(options?: ProcessOptions<A>);
  constructor(from: ProcessOptions<A> | ExistingHandle | typeof rebirth = {}) {
    super("process", from instanceof ExistingHandle ? from : {});
    const options = from instanceof ExistingHandle || from === rebirth ? {} : (from as ProcessOptions<A>);
    checkOptions(new.target.name, options, processOptions);
    checkSurroundings(new.target.name, options);
    this.#options = options;
    this.#streams = new CommandStreams(this, streamNames(options));
    this.#name = options.name;
    this.#daemon = options.daemon ?? currentProcess().daemon;
    if (from instanceof ExistingHandle) this.#state = "running";
    else if (from === rebirth) this.#state = "running";
    else if (this.#overridesRun) this.#module = moduleOfClass(new.target);
    else if (options.target) toTarget(options.target);
  }

  /** @internal An instance of a subclass in the child that runs it. */
  static reborn<P extends Process>(processClass: new () => P): P {
    const self = Reflect.construct(Process, [rebirth], processClass) as P;
    const { name, pid, daemon } = currentProcess();
    self.#name = name;
    self.#pid = pid;
    self.#daemon = daemon;
    return self;
  }

  get name(): string {
    return this.#name ?? this.constructor.name;
  }

  set name(name: string) {
    this.#requireNew("be named");
    this.#name = name;
  }

  get daemon(): boolean {
    return this.#daemon;
  }

  /** Throws BadState after `start`. */
  set daemon(daemon: boolean) {
    this.#requireNew("become daemonic or cease to be");
    this.#daemon = daemon;
  }

  /** Process id; null before `start`. */
  get pid(): number | null {
    return this.#pid;
  }

  /** The pid, under Python's other name. */
  get ident(): number | null {
    return this.#pid;
  }

  /**
   * Null until the process has ended; then its exit code (1 if its function threw), or −N if signal N ended it. Updated
   * when the server reports the end; `join` and `isAlive` ask the server.
   */
  get exitCode(): number | null {
    return this.#exitCode;
  }

  /**
   * Resolves when the process has ended. Does not keep the script alive. For `Promise.race`; see also `wait`. Rejects
   * with Closed if the connection ends first, and with the error of `start` if that fails. Throws BadState before
   * `start`.
   */
  get sentinel(): Promise<void> {
    this.#requireStarted("has no sentinel");
    this.#watch();
    return this.#whenExited().promise;
  }

  /**
   * Standard input of a command that was made with `stdin: "pipe"`; `end()` is its end of file. A write is done when
   * the operating system has taken it, so a stream that is piped here goes at the pace of the program. If the program
   * has closed its input or has ended, the stream fails with BrokenPipe.
   */
  get stdin(): Writable {
    this.#requireStarted("has no streams yet");
    return this.#streams.input;
  }

  /**
   * Standard output of a command that was made with `stdout: "pipe"`. While it is not read, the program is blocked in
   * its next write: read to the end before `join`. `destroy()` closes it; then the program's next write fails.
   */
  get stdout(): Readable {
    this.#requireStarted("has no streams yet");
    return this.#streams.output("stdout");
  }

  /** Standard error of a command that was made with `stderr: "pipe"`. */
  get stderr(): Readable {
    this.#requireStarted("has no streams yet");
    return this.#streams.output("stderr");
  }

  /** The code of the process, for a subclass to override. The default does nothing: a target runs without it. */
  run(): unknown {
    return undefined;
  }

  /**
   * Starts the process. Rejects with BadState if it was started before, with SpawnFailed if the operating system cannot
   * start it, and with TargetNotFound if its class or module cannot be found.
   */
  async start(): Promise<void> {
    this.#requireNew("be started");
    refuseWhileLoading(`${this.name}.start()`);
    const { signal } = this.#options;
    if (signal?.aborted) throw aborted(signal);
    const target = this.#target();
    this.#state = "starting";
    let handle: Handle | null = null;
    try {
      const { pid, name } = await this.connection.whenOpen(() => {
        const args = encodeFor(this.connection, this.#arguments());
        const { onParentDeath } = this.#options;
        const { cwd, env } = this.#options;
        const streams = streamNames(this.#options);
        const surroundings = "command" in target ? { cwd, env } : toSurroundings(this.#options);
        const started = this.request("process/start", (process) => ({
          process,
          target,
          args,
          name: this.#wireName(),
          daemon: this.#daemon,
          onParentDeath,
          streams: streams.length === 0 ? undefined : streams,
          ...surroundings,
        }));
        this.created();
        handle = this.handle;
        addChild(this.connection, handle, this as unknown as Process);
        return started;
      }, signal);
      this.#pid = pid;
      this.#name = name;
      if (this.#state === "starting") this.#state = "running";
    } catch (error) {
      this.#state = "new";
      if (handle !== null) removeChild(this.connection, handle);
      this.notCreated();
      this.#neverExits(error);
      throw error;
    }
    this.#watch();
    if (signal) this.#endOn(signal);
  }

  /**
   * Waits until the process has ended and its output has arrived, up to the timeout (milliseconds; default: no limit).
   * Does not reject on expiry: ask `exitCode`.
   */
  async join(timeout?: Timeout): Promise<void> {
    this.#requireStarted("cannot be joined");
    const options = waitOptions(timeout);
    const timeoutMs = timeoutOf(options);
    if (this.#state === "exited") return;
    // The server takes the joining owner for the one outside of `use`.
    const { exited, exitCode } = await waitAs(mainFlow, () =>
      this.request("process/join", (process) => ({ process, timeoutMs }), options),
    );
    if (exited) this.#ended(exitCode);
  }

  /** Whether the process is running. Asks the server. */
  async isAlive(): Promise<boolean> {
    if (this.#state === "new" || this.#state === "exited") return false;
    this.#requireStarted("");
    await this.join(0);
    return this.#exitCode === null;
  }

  /**
   * Sends SIGTERM to the process and its descendants. With `graceMs` (milliseconds), sends SIGKILL after that time to
   * those that still run. Does not wait for the end: use `join`.
   */
  async terminate(options: TerminateOptions = {}): Promise<void> {
    checkOptions("terminate", options, terminateOptions);
    const { graceMs } = options;
    this.#requireStarted("cannot be terminated");
    if (this.#state !== "exited")
      await this.request("process/terminate", (process) => ({ process, graceMs }), { urgent: true });
  }

  /** Sends SIGKILL to the process and its descendants. */
  async kill(): Promise<void> {
    this.#requireStarted("cannot be killed");
    if (this.#state !== "exited") await this.request("process/kill", (process) => ({ process }), { urgent: true });
  }

  /** Releases a process that has ended. Rejects with BadState while it runs. */
  async close(): Promise<void> {
    if (this.#state === "closed") return;
    if (this.#state === "new") {
      this.#state = "closed";
      return;
    }
    if (await this.isAlive())
      throw new PolyprocError("BadState", `${this.name} is still running: join or terminate it before close`);
    await this.request("process/close", (process) => ({ process }));
    this.letGo();
    this.#state = "closed";
  }

  get #overridesRun(): boolean {
    return this.run !== Process.prototype.run;
  }

  #target(): Target {
    const { target } = this.#options;
    if (this.#overridesRun) {
      if (this.#module !== null) return { module: runner, export: "runSubclass" };
      throw new PolyprocError(
        "TargetNotFound",
        `it is not known which module defines the class ${this.constructor.name}: ` +
          `write registerProcess(import.meta, ${this.constructor.name}) below it`,
      );
    }
    return target ? toTarget(target) : { source: "() => {}", runtime: "node" };
  }

  #arguments(): [unknown[], Record<string, unknown>] {
    if (this.#overridesRun)
      return [[this.#module, this.constructor.name, Object.fromEntries(Object.entries(this))], {}];
    const { args = [], kwargs = {} } = this.#options;
    return [[...args], kwargs];
  }

  /** A subclass counts its own instances, `TaskHandler-1`, as in Python. The server names plain processes. */
  #wireName(): string | undefined {
    if (this.#name !== undefined || !this.#overridesRun) return this.#name;
    const { name } = this.constructor;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return `${name}-${count}`;
  }

  #endOn(signal: AbortSignal): void {
    const forget = onAbort(signal, () => {
      this.terminate({ graceMs: abortGraceMs }).catch(() => {
        // It has ended, or its server has.
      });
    });
    this.#whenExited().promise.then(forget, forget);
  }

  /** Waits for the end in the background, to keep `exitCode` current. */
  #watch(): void {
    if (this.#watching || this.#state !== "running") return;
    this.#watching = true;
    this.request("process/join", (process) => ({ process, timeoutMs: longestMs }), { background: true }).then(
      ({ exited, exitCode }) => {
        this.#watching = false;
        if (exited) this.#ended(exitCode);
        else this.#watch();
      },
      (error: unknown) => {
        this.#watching = false;
        this.#neverExits(error);
      },
    );
  }

  #ended(exitCode: number | null): void {
    this.#exitCode = exitCode;
    if (this.#state !== "closed") this.#state = "exited";
    removeChild(this.connection, this.handle);
    this.#whenExited().resolve();
  }

  /** The process failed to start or the connection ended: its end will not be reported. */
  #neverExits(error: unknown): void {
    this.#exited?.reject(error);
    this.#exited = null;
  }

  #whenExited(): Exit {
    if (!this.#exited) {
      let settle: Omit<Exit, "promise">;
      const promise = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
      // A sentinel that the caller dropped must not cause an unhandled rejection.
      promise.catch(() => {});
      this.#exited = { promise, ...settle! };
    }
    return this.#exited;
  }

  #requireNew(what: string): void {
    if (this.#state !== "new")
      throw new PolyprocError(
        "BadState",
        `${this.name} was started, so it cannot ${what}${what === "be started" ? " again: make a new Process" : ""}`,
      );
  }

  #requireStarted(what: string): void {
    if (this.#state === "closed") throw new PolyprocError("BadState", `${this.name} was closed`);
    if (this.#state === "new") throw new PolyprocError("BadState", `${this.name} ${what}: call start() first`);
  }
}

/** Passed in place of options to create the instance in the child, which only runs. */
const rebirth = Symbol("rebirth");

registerKind("process", (from) => new (Process as unknown as new (from: ExistingHandle) => Process)(from));
