import { PolyprocError } from "../../protocol/errors.js";
import type { Child, ChildEvents, ExitStatus } from "../engine/processes/spawner.js";
import { drain } from "./drain.js";
import type { Family } from "./family.js";
import type { ProcessLook } from "./process-look.js";
import { ProcessTree, type TreeScope } from "./process-tree.js";
import type { Launch } from "./start/launch.js";
import type { Running } from "./start/running.js";
import { spawnFailure } from "./start/spawn-failure.js";
import { start } from "./start/start.js";
import { groupExists, type EndSignal } from "./tree-killer.js";

/** At a child's exit, processes that are left in its group get SIGTERM, and SIGKILL after this many milliseconds. */
const leftoverGraceMs = 1000;
const outputs = ["stdout", "stderr"] as const;

/** How a child is started, and known afterwards. */
export interface ChildLaunch extends Launch {
  /** The value of POLYPROC_CHILD in `env`. */
  childId: string;
  /** Output that `pauseOutput` does not pause. Absent: none. */
  unpaused?: readonly string[];
  /** Absent: the server's. */
  umask?: number | undefined;
}

/** Callbacks for hosts and commands, which have more than output and an exit. */
export interface LaunchHooks {
  /** The child runs, and its pipes exist. Called right after `spawned`. */
  started?(running: Running): void;
  /** The child was reaped, or could not be started. Called before `exited` and `failed`. */
  ended?(): void;
}

/** `queued`: waits in the spawn queue. `leftover`: it has exited, and processes of its group or tree still live. */
type State = "queued" | "starting" | "running" | "draining" | "leftover" | "gone";

/** One child process: its output, its exit, and the end of its whole process tree. */
export class OsChild implements Child {
  readonly #family: Family;
  readonly #prepare: () => ChildLaunch;
  readonly #events: ChildEvents;
  readonly #hooks: LaunchHooks;
  readonly #leaveQueue: () => boolean;
  #state: State = "queued";
  #running: Running | null = null;
  #tree: ProcessTree | null = null;
  #pid: number | null = null;
  #paused = false;
  #pausable: readonly ("stdout" | "stderr")[] = outputs;
  /**
   * The strongest signal that was sent to the whole tree. Once it is set, processes that left the group must end too.
   */
  #condemned: EndSignal | null = null;
  #leftoverTimer: NodeJS.Timeout | undefined;

  /**
   * `owner`: the client in whose name it is started; clients take turns. `prepare` is called when the turn has come.
   */
  constructor(family: Family, owner: string, prepare: () => ChildLaunch, events: ChildEvents, hooks: LaunchHooks = {}) {
    this.#family = family;
    this.#prepare = prepare;
    this.#events = events;
    this.#hooks = hooks;
    family.add(this);
    this.#leaveQueue = family.spawns.add(owner, () => this.#start());
  }

  get pid(): number | null {
    return this.#pid;
  }

  signalTree(signal: EndSignal): void {
    if (this.#state === "queued" && this.#leaveQueue()) {
      const error = new PolyprocError("SpawnFailed", `it was ended (${signal}) while it waited to be started`);
      process.nextTick(() => this.#neverStarted(error));
      this.#state = "gone";
      return;
    }
    if (!this.#tree || this.#state === "gone") return;
    if (this.#condemned !== "SIGKILL") this.#condemned = signal;
    this.#family.killer.signal(this.#tree, signal, "tree");
    if (this.#state === "leftover" && signal === "SIGKILL") this.#gone();
  }

  suspend(stop: boolean): void {
    if (this.#tree && this.#state === "running") this.#family.killer.suspend(this.#tree, stop);
  }

  killIn(lease: string, ms: number | null): void {
    if (this.#tree && (this.#state === "running" || ms === null))
      this.#family.watchdog.set(this.#tree.leader, lease, ms);
  }

  pauseOutput(): void {
    // After the exit the rest of the output is read without pausing: it is little more than the pipes hold.
    if (this.#paused || !(this.#state === "queued" || this.#state === "starting" || this.#state === "running")) return;
    this.#paused = true;
    for (const stream of this.#pausable) this.#running?.[stream]?.pause();
  }

  resumeOutput(): void {
    if (!this.#paused) return;
    this.#paused = false;
    for (const stream of this.#pausable) this.#running?.[stream]?.resume();
  }

  #start(): void {
    this.#state = "starting";
    let launch: ChildLaunch | null = null;
    try {
      launch = this.#prepare();
      this.#spawn(launch);
    } catch (error) {
      process.nextTick(() => this.#failed(error, launch));
    }
  }

  #spawn(launch: ChildLaunch): void {
    const { childId, unpaused = [], umask } = launch;
    this.#pausable = outputs.filter((stream) => !unpaused.includes(stream));
    this.#family.guardian.prepare();
    const running = withMask(umask, () =>
      start(launch, () => this.#family.fifos.takeEnds(), {
        spawned: () => this.#started(),
        failed: (error) => this.#failed(error, launch),
        exited: (status) => this.#exited(status),
      }),
    );
    if (!running) return;
    this.#running = running;
    this.#tree = new ProcessTree(running.pid, childId);
    this.#family.guardian.add(running.pid);
    this.#family.memory.add(running.pid);
    for (const stream of outputs) {
      running[stream].on("data", (data: Uint8Array) => this.#events.output(stream, data));
      running[stream].on("error", () => {});
      if (this.#paused && this.#pausable.includes(stream)) running[stream].pause();
    }
  }

  #started(): void {
    const running = this.#running!;
    this.#state = "running";
    this.#pid = running.pid;
    this.#events.spawned(running.pid);
    this.#hooks.started?.(running);
  }

  /** Node also emits `error` after the start, for example when a signal cannot be sent. Only a failed start matters. */
  #failed(error: unknown, launch: ChildLaunch | null): void {
    if (this.#state !== "starting") return;
    this.#state = "gone";
    this.#neverStarted(
      launch
        ? spawnFailure(error, launch)
        : new PolyprocError("SpawnFailed", `it could not be prepared: ${String(error)}`),
    );
  }

  #neverStarted(error: PolyprocError): void {
    this.#hooks.ended?.();
    this.#family.remove(this);
    this.#events.failed(error);
  }

  #exited(how: ExitStatus): void {
    const child = this.#running!;
    this.#state = "draining";
    const hadNoLease = this.#family.watchdog.forget(child.pid);
    const status = {
      ...how,
      ...this.#family.memory.end(child.pid, this.#condemned === null && wasKilled(how)),
      ...(hadNoLease && how.signal === "SIGKILL" ? { leaseEnded: true } : {}),
    };
    this.#hooks.ended?.();
    this.resumeOutput();
    // Killed by another process or by the kernel (out of memory): it could not end its descendants, so the whole tree
    // ends.
    if (status.signal !== null) this.#condemned ??= "SIGTERM";
    let hasLeftovers: boolean | null = null;
    let isDrained = false;
    let told = false;
    const tellLeftover = () => {
      if (hasLeftovers && !told) this.#signalLeftover(this.#condemned ?? "SIGTERM");
      told = true;
    };
    const finish = () => {
      tellLeftover();
      this.#running = null;
      if (hasLeftovers) {
        this.#state = "leftover";
        this.#leftoverTimer = setTimeout(() => {
          this.#signalLeftover("SIGKILL");
          this.#gone();
        }, leftoverGraceMs);
      } else this.#gone();
      this.#events.exited(status);
    };
    const looked = (found: boolean) => {
      hasLeftovers = found;
      if (!found) this.#family.guardian.remove(child.pid);
      if (isDrained) finish();
    };
    drain(child, tellLeftover, () => {
      isDrained = true;
      if (hasLeftovers !== null) finish();
    });
    if (this.#mayHaveLeftovers()) this.#family.look((look) => looked(this.#hasLeftovers(look)));
    else looked(false);
  }

  /**
   * Avoids reading the process table for most children: without a signal to the tree, only the group is of interest.
   */
  #mayHaveLeftovers(): boolean {
    if (process.platform === "win32") return false;
    return this.#condemned !== null || groupExists(this.#tree!.leader);
  }

  /** Whether a process is left in the group, or in the whole tree if that got a signal. */
  #hasLeftovers(look: ProcessLook): boolean {
    const tree = this.#tree!;
    tree.leaderWasReaped(look);
    return tree.members(look, this.#leftoverScope).length > 0;
  }

  get #leftoverScope(): TreeScope {
    return this.#condemned ? "tree" : "group";
  }

  #signalLeftover(signal: EndSignal): void {
    this.#family.killer.signal(this.#tree!, signal, this.#leftoverScope);
  }

  #gone(): void {
    clearTimeout(this.#leftoverTimer);
    this.#state = "gone";
    // The guardian forgets the group after the last signals were sent.
    this.#family.killer.whenOut(() => {
      this.#family.guardian.remove(this.#tree!.leader);
      this.#family.remove(this);
    });
  }
}

/** By SIGKILL; a shell says so of its command by its exit code. */
function wasKilled({ signal, exitCode }: ExitStatus): boolean {
  return signal === "SIGKILL" || exitCode === 128 + 9;
}

/** A child inherits the umask that this process has at the moment of the fork. */
function withMask<T>(umask: number | undefined, start: () => T): T {
  if (umask === undefined) return start();
  const own = process.umask(umask);
  try {
    return start();
  } finally {
    process.umask(own);
  }
}
