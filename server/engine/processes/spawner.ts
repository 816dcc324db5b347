import type { PolyprocError } from "../../../protocol/errors.js";
import type { StandardStream, Usage } from "../../../protocol/process.js";
import type { StackReading, StackSource } from "../../../protocol/stack.js";
import type { WorkerTask } from "../../../protocol/worker.js";
import type { ResourceLimits } from "../../../protocol/resource-limits.js";
import type { Channel } from "../bypass/channel.js";

/** What the engine needs of the operating system. `server/os` implements it; tests have a fake. */
export interface Spawner {
  /** Starts a worker host of this runtime. Its connection reaches the engine as a session (see `HostLink`). */
  startHost(spec: HostSpec, events: HostEvents): Host;
  startCommand(spec: CommandSpec, events: ChildEvents): Child;
  /** CPU and memory of these processes, each with its descendants. Processes that have ended are left out. */
  usage(pids: readonly number[]): Promise<Omit<Usage, "process">[]>;
  /** A folder for output of commands. `path`: absolute; it must not exist yet. */
  openOutputFolder(path: string): OutputFolder;
  runtimes(): string[];
  /** Whether these ask for another environment, or other options of Node, than a host has that is started without. */
  differs(spec: HostSpec): boolean;
  /** Pid of the guardian. Null while there is none. */
  readonly guardianPid: number | null;
  /** A channel for items from one process to another. Null if the system has none, or too many are open. */
  openChannel(): Channel | null;
}

/** The methods throw if the operating system refuses. */
export interface OutputFolder {
  create(name: string): OutputFile;
  /** Removes its files, and the folder if no others are in it. Does not throw. */
  remove(): void;
}

export interface OutputFile {
  readonly path: string;
  write(data: Uint8Array): void;
  close(): void;
}

export interface HostSpec {
  /** The client in whose name it is started: owners take turns. Absent: the server. */
  owner?: string | undefined;
  runtime: string;
  /** Path of the program in place of the runtime's own. */
  interpreter?: string | undefined;
  cwd?: string | undefined;
  env?: Record<string, string | null> | undefined;
  /** Options of Node. A host of another runtime does not get them. */
  execArgv?: string[] | undefined;
}

export interface CommandSpec {
  /** As for hosts. */
  owner?: string | undefined;
  command: string;
  /** Bytes that are not UTF-8 are escaped (`protocol/escaped-text.ts`). */
  args: string[];
  cwd?: string | undefined;
  env?: Record<string, string | null> | undefined;
  /** Standard input; absent: empty. */
  input?: string | Uint8Array | undefined;
  /** Absent: the server's. */
  umask?: number | undefined;
  /** Absent: the server's. */
  nice?: number | undefined;
  /** Absent: the server's. */
  limits?: ResourceLimits | undefined;
  /** Standard streams that the starter writes and reads. Absent: none. */
  streams?: readonly StandardStream[] | undefined;
}

export interface ChildEvents {
  spawned(pid: number): void;
  /** The child could not be started. No other event follows. */
  failed(error: PolyprocError): void;
  output(stream: "stdout" | "stderr", data: Uint8Array): void;
  /** The program has closed this stream. Only of `streams`. */
  outputEnded?(stream: "stdout" | "stderr"): void;
  /**
   * The child was reaped. Its output was reported, except what a surviving descendant may still write to its pipes. The
   * rest of its process group got a signal to end.
   */
  exited(status: ExitStatus): void;
}

/**
 * Before `exited`, the host's connection was read too, to its end or until no bytes came. Its end, which ends the
 * session, follows.
 */
export interface HostEvents extends ChildEvents {}

/** Exactly one of `exitCode` and `signal` is null. */
export type ExitStatus = ({ exitCode: number; signal: null } | { exitCode: null; signal: string }) & {
  /** The most memory that was seen, in bytes, with its descendants. Absent: not known. */
  readonly peakMemoryBytes?: number;
  /** After a kill that the server did not send: whether the kernel did it because memory ran out. Absent: not known. */
  readonly outOfMemory?: boolean;
  /** It was killed after one of its leases had ended; see `killIn`. */
  readonly leaseEnded?: boolean;
};

export interface Child {
  /** Null before `spawned`. */
  readonly pid: number | null;
  /**
   * Signals the process, its group and its descendants. A child in the spawn queue fails instead. No effect after the
   * exit.
   */
  signalTree(signal: "SIGTERM" | "SIGKILL"): void;
  /** Stops the processes of the tree, or lets them continue. No effect before `spawned` and after the exit. */
  suspend(stop: boolean): void;
  /**
   * Kills its process group after `ms`, also if the server hangs then, unless the same lease is renewed. Null ends the
   * lease. On Windows no lease is watched.
   */
  killIn(lease: string, ms: number | null): void;
  /** Back-pressure: the child's output is not read until `resumeOutput`, except that of `streams`. */
  pauseOutput(): void;
  resumeOutput(): void;
  /** Only for a command with `streams`. */
  readonly streams?: ChildStreams;
}

/** The standard streams of a command that its starter writes and reads. Calls before `spawned` take effect then. */
export interface ChildStreams {
  /** `done`: the operating system has taken all bytes; false: it cannot take them any more. */
  write(data: Uint8Array, done: (taken: boolean) => void): void;
  /** Standard input is closed after what was written. */
  close(stream: StandardStream): void;
  /** Back-pressure. No effect after the exit: the rest is read. */
  pause(stream: "stdout" | "stderr"): void;
  resume(stream: "stdout" | "stderr"): void;
}

export interface Host extends Child {
  /** Both null if the system has no FIFOs for them. */
  readonly tasks: TaskChannel | null;
  readonly reports: Reports | null;
  /** Where it is, twice; it is not stopped. Only after `spawned`; rejects with the reason if it cannot be read. */
  readStack(source: StackSource): Promise<StackReading>;
}

/**
 * A FIFO with a packet for each task that the host may still begin, in order. Host and server both read it, and the
 * kernel gives each packet to one of them: the host begins the task, or the server takes it back, even if the host is
 * busy. Its content outlives the host.
 */
export interface TaskChannel {
  /**
   * Writes packets, in order: with a task, or with the `seq` of one that is sent to the host. Returns how many there
   * was room for.
   */
  write(tasks: readonly (WorkerTask | number)[]): number;
  /**
   * Takes back up to `max` tasks that the host has not begun, the next ones that it would run. Returns their `seq` in
   * order. A host that breaks the protocol may have written other packets.
   */
  takeBack(max: number): number[];
}

/** A FIFO into which a host writes messages. Its content outlives the host. */
export interface Reports {
  /** Calls the listener with what comes. After it has returned false, only `pull` and `resume` read on. */
  listen(listener: (data: Uint8Array) => boolean): void;
  /** Calls the listener with what is there. */
  pull(): void;
  resume(): void;
}

/** Python's exit code: the code itself, or −N for signal N. */
export type SignalNumber = (signal: string) => number;
