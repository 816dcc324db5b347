import { closeSync, existsSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What the addon's functions take and give. `node.c` has the same number: raise both when that changes. */
const abi = 3;

interface Addon {
  readonly abi: number;
  create(length: number): number | null;
  map(fd: number, length: number): ArrayBuffer | null;
  pipe(): [number, number] | null;
  pair(): [number, number] | null;
  spawn(
    path: Uint8Array,
    args: Uint8Array,
    env: Uint8Array,
    cwd: Uint8Array,
    descriptors: Int32Array,
    inSession: boolean,
  ): number;
  reap(pid: number): number | null;
  stopped(pid: number): boolean;
  group(): number;
  foreground(fd: number): number;
  give(fd: number, group: number): boolean;
  guard(fd: number): number | null;
}

/** Where `npm run native` puts what it builds. */
export const nativeFolder = fileURLToPath(new URL(".", import.meta.url));

let addon: Addon | null | undefined;

/**
 * A descriptor of memory that no process can make smaller or larger. It is not filled: see `mapShared` for when there
 * is none.
 */
export function createShared(bytes: number): number | null {
  return hasNative() ? addon!.create(bytes) : null;
}

/**
 * Maps a file into memory that this process shares with others. Null without the native code: it is optional, and
 * `POLYPROC_NATIVE=none` turns it off. Null, too, where a runtime refuses such memory, as Electron does.
 */
export function mapShared(fd: number, bytes: number): ArrayBuffer | null {
  return hasNative() ? addon!.map(fd, bytes) : null;
}

/** [The end to read, the end to write]. Null without the native code, and without a free descriptor. */
export function makePipe(): [read: number, write: number] | null {
  return hasNative() ? addon!.pipe() : null;
}

/** Two sockets that are connected with each other. Null as for `makePipe`. */
export function makeSocketPair(): [number, number] | null {
  return hasNative() ? addon!.pair() : null;
}

/** A program to start: its file, and its arguments from the name of the program on. No text may contain a NUL. */
export interface NativeStart {
  path: string;
  args: readonly string[];
  /** `NAME=value` */
  env: readonly string[];
  /** Undefined: this process's. */
  cwd: string | undefined;
  /** What its descriptors from 0 on are, 16 at the most; null: the null device. */
  descriptors: readonly (number | null)[];
  /** It stays in this session, in a new process group. Default: it has a new session. */
  inSession?: true;
}

/**
 * Starts a process in a new session or a new process group, which the caller reaps. Returns its pid; null if it could
 * not be started, and without the native code.
 */
export function startProcess({ path, args, env, cwd, descriptors, inSession }: NativeStart): number | null {
  if (!hasNative()) return null;
  const texts = (list: readonly string[]) => Buffer.from(list.map((text) => `${text}\0`).join(""));
  const fds = Int32Array.from(descriptors, (fd) => fd ?? -1);
  const folder = texts(cwd === undefined ? [] : [cwd]);
  const pid = addon!.spawn(texts([path]), texts(args), texts(env), folder, fds, inSession ?? false);
  return pid > 0 ? pid : null;
}

/**
 * Null while the process runs. Its exit code, or as a negative number the signal that ended it. It must have been
 * started by `startProcess`.
 */
export function reapProcess(pid: number): number | null {
  return addon!.reap(pid);
}

/** Whether a signal has stopped the process since the last call. It must have been started by `startProcess`. */
export function hasStopped(pid: number): boolean {
  return addon!.stopped(pid);
}

/** A terminal of this process's session: which process group has it, and a guard for when this process is killed. */
export interface TerminalControl {
  /** The process group of this process. */
  readonly ownGroup: number;
  /** The process group that the terminal belongs to; negative if the terminal is gone. */
  holder(): number;
  /** False: the terminal did not go to this group. */
  give(group: number): boolean;
  /**
   * If this process is killed while this group runs, the guard ends it. `has`: the group has the terminal; then the
   * guard also gives it back to this process's group, with the modes of before. Null: no group runs.
   */
  guard(group: number | null, has: boolean): void;
  /** Ends the guard. */
  close(): void;
}

/** Null without the native code, and for a terminal that is not this session's. */
export function controlTerminal(fd: number): TerminalControl | null {
  if (!hasNative() || addon!.foreground(fd) < 0) return null;
  const orders = addon!.guard(fd);
  if (orders === null) return null;
  const guard = (group: number | null, has: boolean) => {
    try {
      writeSync(orders, Buffer.from(Int32Array.of(has ? (group ?? 0) : -(group ?? 0)).buffer));
    } catch {
      // The guard itself was killed.
    }
  };
  return {
    ownGroup: addon!.group(),
    holder: () => addon!.foreground(fd),
    give: (group) => addon!.give(fd, group),
    guard,
    close: () => {
      guard(null, false);
      closeSync(orders);
    },
  };
}

/** Whether the native code is there. */
export function hasNative(): boolean {
  // Null is an answer, too.
  if (addon === undefined) addon = load();
  return addon !== null;
}

function load(): Addon | null {
  if (process.platform !== "linux" || process.env["POLYPROC_NATIVE"] === "none" || process.versions["electron"])
    return null;
  const path = join(nativeFolder, `node-linux-${process.arch}.node`);
  if (!existsSync(path)) return null;
  try {
    const loaded = createRequire(import.meta.url)(path) as Addon;
    // A checkout may still have the file that it had before an update.
    return loaded.abi === abi ? loaded : null;
  } catch {
    // It is of another C library, or this runtime loads no such files.
    return null;
  }
}
