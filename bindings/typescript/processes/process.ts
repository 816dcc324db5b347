import { PolyprocError } from "../../../protocol/errors.js";
import type { Handle } from "../../../protocol/payload.js";
import type { Target } from "../../../protocol/target.js";
import { encodeFor } from "../session/codec.js";
import { addChild, removeChild } from "./children.js";
import { currentProcess, refuseWhileLoading } from "./current.js";
import { registerKind } from "../session/handles.js";
import { moduleOfClass } from "./process-class.js";
import { ExistingHandle, SharedObject } from "../session/shared-object.js";
import { toTarget, type AnyArguments, type Runnable } from "./target.js";
import { timeoutOf, waitOptions, type Timeout } from "../sync/wait-options.js";

export interface ProcessOptions<A extends AnyArguments = AnyArguments> {
  /** What it runs; a subclass overrides `run` instead. */
  target?: Runnable<A> | null | undefined;
  /** For people. Default: `Process-1`, or `Class-1` for a subclass. */
  name?: string | undefined;
  /** The target's arguments. A command gets them as further arguments. */
  args?: A | undefined;
  /** Named arguments: of a Python function; a JavaScript one gets them as one last argument, when there are any. */
  kwargs?: Record<string, unknown> | undefined;
  /** A daemonic process ends with its parent, and may not have children. Default: as the process that makes it. */
  daemon?: boolean | undefined;
  /**
   * How long a process that is not daemonic may live. Default: it outlives a parent process that dies, and ends when
   * the script ends that is at the root of all, by whatever cause: SIGTERM, SIGKILL one second later. `end`: it also
   * ends when its parent process dies. `continue`: it outlives the script, too, and is without its standard streams.
   */
  onParentDeath?: "end" | "continue" | undefined;
  /** Working directory. Default: the server's, which is that of the script for a private server. */
  cwd?: string | undefined;
  /** Changes to the environment; `null` removes a variable. */
  env?: Record<string, string | null> | undefined;
}

type State = "new" | "starting" | "running" | "exited" | "closed";

/** The end of a process, for those who wait for it. */
interface Exit {
  promise: Promise<void>;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Longest time that a timer can measure: a wait for a child's end that is not taken for a deadlock, because it would
 * end by itself.
 */
const longestMs = 2 ** 31 - 1;
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
 * Or a class of your own that overrides `run` and is exported by its module. Its fields are sent to the child (what
 * `encode` can send), but not `#private` ones; its constructor does not run there again.
 */
export class Process<A extends AnyArguments = AnyArguments> extends SharedObject {
  readonly #options: ProcessOptions<A>;
  readonly #module: string | null = null;
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
    this.#options = options;
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

  /** Only before `start`. */
  set daemon(daemon: boolean) {
    this.#requireNew("become daemonic or cease to be");
    this.#daemon = daemon;
  }

  /** Null until it was started. */
  get pid(): number | null {
    return this.#pid;
  }

  /** The pid, by Python's other name. */
  get ident(): number | null {
    return this.#pid;
  }

  /**
   * Null until it has ended; then 0, the code that it exited with (1 when its function threw), or −N when signal N
   * ended it. Told as soon as the server tells; `join` and `isAlive` ask.
   */
  get exitCode(): number | null {
    return this.#exitCode;
  }

  /**
   * Resolves when the process has ended, without keeping the script alive for that. For `Promise.race`; see `wait`,
   * too. Rejects with Closed when the connection ends first, and with the reason when the process could not be started.
   */
  get sentinel(): Promise<void> {
    this.#requireStarted("has no sentinel");
    this.#watch();
    return this.#whenExited().promise;
  }

  /** What the process does. A subclass overrides it; the default does nothing, as the target is run without it. */
  run(): unknown {
    return undefined;
  }

  /**
   * Starts the process. Once only: rejects with BadState the second time, with SpawnFailed when the system cannot, with
   * TargetNotFound.
   */
  async start(): Promise<void> {
    this.#requireNew("be started");
    refuseWhileLoading(`${this.name}.start()`);
    const target = this.#target();
    this.#state = "starting";
    let handle: Handle | null = null;
    try {
      const { pid, name } = await this.connection.whenOpen(() => {
        const args = encodeFor(this.connection, this.#arguments());
        const { cwd, env, onParentDeath } = this.#options;
        const started = this.request("process/start", (process) => ({ process, target, args, name: this.#wireName(), daemon: this.#daemon, onParentDeath, cwd, env }));
        this.created();
        handle = this.handle;
        addChild(this.connection, handle, this as unknown as Process);
        return started;
      });
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
  }

  /** Waits until the process has ended and what it wrote has come, up to the time-out (milliseconds; default: none). */
  async join(timeout?: Timeout): Promise<void> {
    this.#requireStarted("cannot be joined");
    const options = waitOptions(timeout);
    const timeoutMs = timeoutOf(options);
    if (this.#state === "exited") return;
    const { exited, exitCode } = await this.request("process/join", (process) => ({ process, timeoutMs }), options);
    if (exited) this.#ended(exitCode);
  }

  /** Whether it was started and has not ended. Asks the server. */
  async isAlive(): Promise<boolean> {
    if (this.#state === "new" || this.#state === "exited") return false;
    this.#requireStarted("");
    await this.join(0);
    return this.#exitCode === null;
  }

  /**
   * Sends SIGTERM to the process and its descendants. With `graceMs`, SIGKILL follows after so many milliseconds for
   * whoever is left. `join` waits for the end.
   */
  async terminate({ graceMs }: { graceMs?: number } = {}): Promise<void> {
    this.#requireStarted("cannot be terminated");
    if (this.#state !== "exited") await this.request("process/terminate", (process) => ({ process, graceMs }), { urgent: true });
  }

  /** Sends SIGKILL to the process and its descendants. */
  async kill(): Promise<void> {
    this.#requireStarted("cannot be killed");
    if (this.#state !== "exited") await this.request("process/kill", (process) => ({ process }), { urgent: true });
  }

  /** Forgets a process that has ended. Rejects with BadState while it runs. */
  async close(): Promise<void> {
    if (this.#state === "closed") return;
    if (this.#state === "new") {
      this.#state = "closed";
      return;
    }
    if (await this.isAlive()) throw new PolyprocError("BadState", `${this.name} is still running: join or terminate it before close`);
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
      throw new PolyprocError("TargetNotFound", `it is not known which module defines the class ${this.constructor.name}: write registerProcess(import.meta, ${this.constructor.name}) below it`);
    }
    return target ? toTarget(target) : { source: "() => {}", runtime: "node" };
  }

  #arguments(): [unknown[], Record<string, unknown>] {
    if (this.#overridesRun) return [[this.#module, this.constructor.name, Object.fromEntries(Object.entries(this))], {}];
    const { args = [], kwargs = {} } = this.#options;
    return [[...args], kwargs];
  }

  /** As in Python, `TaskHandler-1` for a class of one's own; a plain one is named by the server. */
  #wireName(): string | undefined {
    if (this.#name !== undefined || !this.#overridesRun) return this.#name;
    const { name } = this.constructor;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return `${name}-${count}`;
  }

  /** Keeps `exitCode` true without being asked. */
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

  /** The end will not be heard of. */
  #neverExits(error: unknown): void {
    this.#exited?.reject(error);
    this.#exited = null;
  }

  #whenExited(): Exit {
    if (!this.#exited) {
      let settle: Omit<Exit, "promise">;
      const promise = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
      // A sentinel that was asked for and dropped must not end the script.
      promise.catch(() => {});
      this.#exited = { promise, ...settle! };
    }
    return this.#exited;
  }

  #requireNew(what: string): void {
    if (this.#state !== "new") throw new PolyprocError("BadState", `${this.name} was started, so it cannot ${what}${what === "be started" ? " again: make a new Process" : ""}`);
  }

  #requireStarted(what: string): void {
    if (this.#state === "closed") throw new PolyprocError("BadState", `${this.name} was closed`);
    if (this.#state === "new") throw new PolyprocError("BadState", `${this.name} ${what}: call start() first`);
  }
}

/** In place of options: an instance that only runs. */
const rebirth = Symbol("rebirth");

registerKind("process", (from) => new (Process as unknown as new (from: ExistingHandle) => Process)(from));
