import type { PolyprocError } from "../../../protocol/errors.js";
import type { Usage } from "../../../protocol/process.js";
import type { Channel } from "../bypass/channel.js";

/** What the engine needs of the operating system. `server/os` implements it; tests have a fake. */
export interface Spawner {
  /** Starts a worker host of this runtime. Its connection reaches the engine as a session (see `HostLink`). */
  startHost(spec: HostSpec, events: HostEvents): Host;
  startCommand(spec: CommandSpec, events: ChildEvents): Child;
  /** CPU and memory of these processes, each with its descendants. Those that have gone are left out. */
  usage(pids: readonly number[]): Promise<Omit<Usage, "process">[]>;
  runtimes(): string[];
  /** Of the process that ends the children when this server is killed; null while there is none. */
  readonly guardianPid: number | null;
  /** A way for items from one process to another; null where the system has no such thing, or too many are open. */
  openChannel(): Channel | null;
}

export interface HostSpec {
  /** For whom: starts of different owners take turns. Absent: the server itself. */
  owner?: string | undefined;
  runtime: string;
  cwd?: string | undefined;
  env?: Record<string, string | null> | undefined;
}

export interface CommandSpec {
  /** As for hosts. */
  owner?: string | undefined;
  command: string;
  args: string[];
  cwd?: string | undefined;
  env?: Record<string, string | null> | undefined;
  /** Text for standard input; absent: empty. */
  input?: string | undefined;
}

export interface ChildEvents {
  spawned(pid: number): void;
  /** It could not be started; nothing else follows. */
  failed(error: PolyprocError): void;
  output(stream: "stdout" | "stderr", data: Uint8Array): void;
  /**
   * It was reaped. Its output has been told, except what a surviving descendant may still write to its pipes; the rest of
   * its process group has been told to end.
   */
  exited(status: ExitStatus): void;
}

/** `exited`: its connection, too, was read to its end, or until nothing more came. The connection's end, which ends the session, follows by itself. */
export interface HostEvents extends ChildEvents {}

/** One of the two is null. */
export type ExitStatus = { exitCode: number; signal: null } | { exitCode: null; signal: string };

export interface Child {
  /** Null before `spawned`. */
  readonly pid: number | null;
  /** To the process, its group and its descendants. One that waits for its turn to be started fails instead. No effect once it has exited. */
  signalTree(signal: "SIGTERM" | "SIGKILL"): void;
  /** Back-pressure on what it writes. */
  pauseOutput(): void;
  resumeOutput(): void;
}

export interface Host extends Child {
  /** For tasks sent ahead of need; null where the platform has no such pipe. */
  readonly claims: Claims | null;
  /** For messages that need not wake anybody; null where the platform has no such pipe. */
  readonly aside: AsidePipe | null;
}

/** A pipe into which a host writes messages without waking anybody, and which outlives it. */
export interface AsidePipe {
  /** What is there; null: nothing. */
  read(): Uint8Array | null;
}

/**
 * A pipe that holds one byte for each task that the host may still start, in order. Host and server both read it, so exactly one of them gets each
 * byte: the host to start the task, or the server to take it back, however busy the host is.
 */
export interface Claims {
  /** One byte for each task, in order: the low byte of its `seq`. False, having written nothing, if the pipe is full: the host has filled it. */
  offer(seqs: readonly number[]): boolean;
  /**
   * Takes back up to `max` tasks that the host has not claimed, the next ones that it would run, and returns their bytes in order. The host may have
   * written bytes of its own there.
   */
  takeBack(max: number): number[];
}

/** Python's exit code: the code itself, or −N for signal N. */
export type SignalNumber = (signal: string) => number;
