import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What the addon's functions take and give. `node.c` has the same number: raise both when that changes. */
const abi = 2;

interface Addon {
  readonly abi: number;
  create(length: number): number | null;
  map(fd: number, length: number): ArrayBuffer | null;
  pipe(): [number, number] | null;
  pair(): [number, number] | null;
  spawn(path: Uint8Array, args: Uint8Array, env: Uint8Array, cwd: Uint8Array, descriptors: Int32Array): number;
  reap(pid: number): number | null;
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
}

/**
 * Starts a process in a session of its own, which the caller reaps. Returns its pid; null if it could not be started,
 * and without the native code.
 */
export function startProcess({ path, args, env, cwd, descriptors }: NativeStart): number | null {
  if (!hasNative()) return null;
  const texts = (list: readonly string[]) => Buffer.from(list.map((text) => `${text}\0`).join(""));
  const fds = Int32Array.from(descriptors, (fd) => fd ?? -1);
  const pid = addon!.spawn(texts([path]), texts(args), texts(env), texts(cwd === undefined ? [] : [cwd]), fds);
  return pid > 0 ? pid : null;
}

/**
 * Null while the process runs. Its exit code, or as a negative number the signal that ended it. It must have been
 * started by `startProcess`.
 */
export function reapProcess(pid: number): number | null {
  return addon!.reap(pid);
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
