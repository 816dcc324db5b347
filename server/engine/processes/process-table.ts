import { PolyprocError } from "../../../protocol/errors.js";
import type { OnParentDeath, ProcessInfo, StandardStream } from "../../../protocol/process.js";
import { type Handle, type Payload, payloadBytes } from "../../../protocol/schema.js";
import { describeTarget } from "../../../protocol/describe-target.js";
import type { CommandTarget, Target } from "../../../protocol/target.js";
import { CommandRun, type CommandDependencies } from "./command-run.js";
import { fillArguments } from "./command-line.js";
import { CommandStreams } from "./command-streams.js";
import type { HostCache } from "./host-cache.js";
import type { HostRecord } from "./host.js";
import { identityOf } from "./identity.js";
import { listOf } from "../payload-list.js";
import type { OutputHub } from "./output.js";
import type { PayloadCodec } from "../payload-codec.js";
import { describeExit, ProcessRecord, type ProcessDependencies } from "./process.js";
import type { Registry } from "../registry.js";
import { hostKindOf, type RuntimeOptions } from "./runtime.js";
import type { OwnProcess, Session } from "../session.js";
import type { CommandSpec, HostSpec } from "./spawner.js";
import { sourceOfCommand, sourceOfFunction, type FilePaths } from "./target-source.js";
import { Wait } from "../wait.js";

/** What the table and its processes need of the engine. */
export type ProcessTableDependencies = ProcessDependencies &
  CommandDependencies & {
    readonly hosts: Pick<HostCache, "take">;
    readonly output: Pick<OutputHub, "tail">;
    readonly registry: Registry;
    readonly sessions: ReadonlyMap<string, Session>;
    readonly options: {
      readonly codec: Pick<PayloadCodec, "decode" | "toBytes" | "fromBytes">;
      readonly paths: FilePaths;
    } & RuntimeOptions;
  };

export interface StartOptions {
  process: Handle;
  target: Target;
  args?: Payload | undefined;
  name?: string | undefined;
  daemon?: boolean | undefined;
  onParentDeath?: OnParentDeath | undefined;
  cwd?: string | undefined;
  env?: Record<string, string | null> | undefined;
  execArgv?: string[] | undefined;
  streams?: StandardStream[] | undefined;
}

type Started = { pid: number; name: string };

/** How many ended processes `process/list` remembers. */
const endedRing = 500;
/** Milliseconds between SIGTERM and SIGKILL for children whose parent has ended. */
export const daemonGraceMs = 1000;
/** msgpack for `[[[], {}]]`: one call without arguments. */
const noArguments = new Uint8Array([0x91, 0x92, 0x90, 0x80]);

/** All processes that the server started. */
export class ProcessTable {
  readonly #engine: ProcessTableDependencies;
  readonly #running = new Set<ProcessRecord>();
  #ended: ProcessRecord[] = [];
  #nextHost = 1;
  #clientChildCount = new WeakMap<Session, number>();
  #onQuiet = new Set<() => void>();

  constructor(engine: ProcessTableDependencies) {
    this.#engine = engine;
  }

  get runningCount(): number {
    return this.#running.size;
  }

  /** Whether a non-daemonic process runs. */
  hasNonDaemonic(): boolean {
    for (const process of this.#running) if (!process.daemon) return true;
    return false;
  }

  /** Calls the listener each time a process exits. */
  onExited(listener: () => void): () => void {
    this.#onQuiet.add(listener);
    return () => this.#onQuiet.delete(listener);
  }

  newHostProcess({ runtime, cwd }: HostSpec): ProcessRecord {
    const record = new ProcessRecord(this.#engine, {
      handle: `process:h.${this.#nextHost++}`,
      name: `${runtime} host`,
      role: "host",
      daemon: true,
      runtime,
      target: "",
      source: null,
      cwd: this.#folder(cwd),
      starter: null,
      identity: [],
    });
    this.#running.add(record);
    return record;
  }

  /** For a command of a pool, or of the batch queue. `spec` is null if the command cannot be run. */
  newTaskProcess(
    name: string,
    target: string,
    spec: CommandSpec | null,
    starter: Session,
    pool: Handle | null,
  ): ProcessRecord {
    const cwd = this.#folder(spec?.cwd);
    const source = spec && sourceOfCommand(spec, cwd, this.#engine.options.paths);
    const record = new ProcessRecord(this.#engine, {
      handle: `process:h.${this.#nextHost++}`,
      name,
      role: pool === null ? "process" : "task",
      daemon: true,
      runtime: "command",
      target,
      source,
      cwd,
      starter,
      identity: [],
    });
    record.pool = pool;
    this.#running.add(record);
    return record;
  }

  exited(record: ProcessRecord): void {
    this.#running.delete(record);
    if (record.role !== "host") {
      this.#ended.push(record);
      if (this.#ended.length > endedRing * 2) this.#ended = this.#ended.slice(-endedRing);
    }
    for (const listener of this.#onQuiet) listener();
  }

  /** Python's `Process.start()`. All checks come before a host is taken: a refused start must not leave a process. */
  start(session: Session, options: StartOptions): Wait<Started> {
    const engine = this.#engine;
    const parent = session.process;
    refuseDaemonicParent(session);
    engine.registry.requireNew(session, options.process);
    if (options.args) engine.registry.requireKnown(options.args);
    const daemon = options.daemon ?? parent?.daemon ?? false;
    const onParentDeath = options.onParentDeath ?? null;
    if (daemon && onParentDeath === "continue") {
      throw new PolyprocError(
        "InvalidParams",
        'process/start: onParentDeath "continue" contradicts daemon: a daemonic process ends with its parent; ' +
          "leave one of the two out",
      );
    }
    checkStreams(options);
    const command = "command" in options.target ? this.#commandOf(options.target, options) : null;
    const host =
      "command" in options.target
        ? null
        : engine.hosts.take({
            ...hostKindOf(options.target, engine.options),
            cwd: options.cwd,
            env: options.env,
            execArgv: options.execArgv,
            owner: session.owner,
          });
    const identity = [...(parent?.identity ?? []), this.#nextChild(session)];
    const { paths } = engine.options;
    const settings = {
      handle: options.process,
      name: options.name ?? `Process-${identity.join(":")}`,
      role: "process" as const,
      daemon,
      onParentDeath,
      target: describeTarget(options.target),
      source: "command" in options.target ? null : sourceOfFunction(options.target, paths),
      starter: session,
      identity,
    };
    const record = host ? host.process : new ProcessRecord(engine, { ...settings, cwd: paths.cwd, runtime: "command" });
    engine.registry.create(session, options.process, ProcessRecord, () => record);
    Object.assign(record, settings);
    session.children.add(record);
    this.#running.add(record);
    return host ? this.#startInHost(session, record, host, options) : this.#startCommand(session, record, command!);
  }

  list(ended: boolean): ProcessInfo[] {
    return [...this.#running, ...(ended ? this.#ended.slice(-endedRing) : [])].map((record) =>
      record.describeProcess(),
    );
  }

  *running(): Iterable<ProcessRecord> {
    yield* this.#running;
  }

  /** By handle, or by the pid of a running process. */
  find(handle: Handle | undefined, pid: number | undefined): ProcessRecord {
    if (handle !== undefined) {
      for (const record of this.#running) if (record.handle === handle) return record;
      return this.#engine.registry.get(handle, ProcessRecord);
    }
    if (pid === undefined)
      throw new PolyprocError("InvalidParams", "name the process by its handle (process) or by its pid");
    for (const record of this.#running) if (record.pid === pid) return record;
    throw new PolyprocError("UnknownHandle", `no process of this server has pid ${pid}; process/list shows them`, {
      pid,
    });
  }

  /** Closes the streams of the children and ends the daemonic ones, waits for all, then calls `done`. */
  joinChildren(session: Session, done: () => void): void {
    // The session sends no further requests, so a child that waits for a reader or for input would wait for ever.
    for (const record of this.#running) if (record.starter === session) record.streams?.close();
    const children = [...session.children];
    let left = children.length;
    if (left === 0) {
      done();
      return;
    }
    for (const child of children) {
      if (child.daemon) child.terminate(daemonGraceMs);
      child.onExit(() => {
        if (--left === 0) done();
      });
    }
  }

  /**
   * The session has ended. Its daemonic children end, and those with `onParentDeath: "end"`. If the client at the root
   * of the tree has ended too, all processes of the tree end, at any depth: no client could reach them any more.
   */
  orphan(session: Session): void {
    for (const child of [...session.children])
      if (child.daemon || child.onParentDeath === "end") child.terminate(daemonGraceMs);
    const { owner } = session;
    if (this.#engine.sessions.has(owner)) return;
    for (const record of [...this.#running]) {
      if (record.role === "process" && record.starter?.owner === owner && !outlivesClient(record))
        record.terminate(daemonGraceMs);
    }
  }

  /** The server is about to end all processes: for those of pools, that is no failure. */
  dismissAll(): void {
    for (const record of this.#running) if (record.pool !== null) record.dismissed = true;
  }

  /** The absolute path of a working folder. */
  #folder(cwd: string | undefined): string {
    const { paths } = this.#engine.options;
    return cwd === undefined ? paths.cwd : paths.resolve(paths.cwd, cwd);
  }

  #nextChild(session: Session): number {
    if (session.process) return ++session.process.childCount;
    const n = (this.#clientChildCount.get(session) ?? 0) + 1;
    this.#clientChildCount.set(session, n);
    return n;
  }

  #startInHost(session: Session, record: ProcessRecord, host: HostRecord, options: StartOptions): Wait<Started> {
    const items = options.args ? listOf(options.args) : noArguments;
    if (options.args) this.#engine.registry.retainPayload(options.args);
    const target = options.target as Exclude<Target, CommandTarget>;
    const wait = new Wait<Started>(session, {});
    let delivered = false;
    const fits = () => {
      try {
        if (options.args) host.session!.requireFits(payloadBytes(options.args), "args");
        return true;
      } catch (error) {
        notDelivered();
        wait.reject(error as PolyprocError);
        record.kill();
        return false;
      }
    };
    const deliver = () => {
      if (!fits()) return;
      delivered = true;
      if (options.args) this.#engine.registry.deliverPayload(host.session!, options.args);
      host.send({
        identity: identityOf(record, session),
        targets: [{ id: 0, target }],
        once: true,
        tasks: [{ seq: 0, target: 0, mode: "apply", items, count: 1 }],
      });
      record.changed();
      wait.resolve({ pid: record.pid!, name: record.name });
    };
    const notDelivered = () => {
      if (!delivered && options.args) this.#engine.registry.dropPayload(options.args);
      delivered = true;
    };
    host.use({
      ready: deliver,
      initialized: () => {},
      part: () => {},
      result: (result) => {
        if (result.error) record.failure = result.error.message;
      },
      gone: (status) => {
        notDelivered();
        wait.reject(
          new PolyprocError(
            "SpawnFailed",
            `the ${host.runtime} ` +
              `host ended before it was ready (${status.exitCode === 0 ? "exit code 0" : describeExit(status)}): ` +
              `${this.#engine.output.tail(record) || "it wrote nothing"}`,
          ),
        );
      },
      failed: (error) => {
        notDelivered();
        wait.reject(error);
      },
      endAfterFault: (error) => {
        notDelivered();
        wait.reject(error);
        host.expel(error.message);
      },
    });
    return wait;
  }

  #commandOf(target: CommandTarget, options: StartOptions): CommandSpec {
    const filled = fillArguments(
      target,
      options.args ? positional(this.#engine.options.codec.decode(options.args)) : [],
    );
    const { streams } = options;
    return { ...filled, cwd: options.cwd ?? filled.cwd, env: { ...filled.env, ...options.env }, streams };
  }

  #startCommand(session: Session, record: ProcessRecord, spec: CommandSpec): Wait<Started> {
    record.cwd = this.#folder(spec.cwd);
    record.source = sourceOfCommand(spec, record.cwd, this.#engine.options.paths);
    const wait = new Wait<Started>(session, {});
    new CommandRun(this.#engine, record, spec, {
      spawned: (pid) => wait.resolve({ pid, name: record.name }),
      failed: (error) => wait.reject(error),
      exited: () => {},
      endAfterFault: (error) => wait.reject(error),
    });
    const child = record.child?.streams;
    if (child) record.streams = new CommandStreams(this.#engine, record, session, spec.streams ?? [], child);
    return wait;
  }
}

/** The positional arguments of `[args, kwargs]`. */
function positional(call: unknown): unknown[] {
  if (Array.isArray(call) && call.length === 2 && Array.isArray(call[0])) return call[0];
  throw new PolyprocError(
    "InvalidParams",
    "args: expected a list of two, [arguments, named arguments], " +
      `got ${Array.isArray(call) ? `a list of ${call.length}` : typeof call}`,
  );
}

/** Throws InvalidParams unless the target can have these streams. */
function checkStreams({ target, streams = [] }: StartOptions): void {
  if (streams.length === 0) return;
  if (!("command" in target))
    throw new PolyprocError(
      "InvalidParams",
      "process/start: streams are for a command; functions have queues and pipes",
    );
  if (streams.includes("stdin") && (target.input !== undefined || target.inputItem))
    throw new PolyprocError("InvalidParams", "process/start: input and stdin in streams exclude each other");
}

/** Whether it or a living ancestor was started with `onParentDeath: "continue"`. */
function outlivesClient(record: OwnProcess): boolean {
  if (record.onParentDeath === "continue") return true;
  const parent = record.starter?.process;
  return parent?.session?.ended === false && !record.daemon && outlivesClient(parent);
}

export function refuseDaemonicParent(session: Session): void {
  if (session.process?.daemon) {
    throw new PolyprocError(
      "BadState",
      "daemonic processes are not allowed to have children; workers of a pool are daemonic, too, unless it was made " +
        "with daemon: false",
    );
  }
}
