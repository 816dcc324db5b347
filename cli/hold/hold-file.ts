import { spawn } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import type { Ending } from "../ending.js";
import { ExitError } from "../exit-error.js";
import { exitStatus } from "../exit-status.js";
import { onInterruption, type Interruption } from "../signals.js";
import { HeldCommand } from "./held-command.js";

/** On a terminal: after this wait, in milliseconds, say what is waited for. */
const sayAfterMs = 1000;

/**
 * Runs the command while it holds the kernel's lock of a file, the same one that the program `flock` takes. The command
 * inherits the open file, as from `flock`: the lock lasts until it and its descendants have ended or closed the file.
 * Returns how the command ended, or null if the lock was not free within `timeoutMs`.
 */
export async function holdFile(
  path: string,
  command: readonly string[],
  timeoutMs: number | null,
  isShared: boolean,
): Promise<Ending | null> {
  const file = opened(path);
  try {
    const taken = await lock(file, path, timeoutMs, isShared);
    if (taken !== true) return taken === false ? null : taken;
    return await new HeldCommand(command, { file }).ending;
  } finally {
    closeSync(file);
  }
}

function opened(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_CREAT, 0o666);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // A folder may be locked, too.
    if (code === "EISDIR") return openSync(path, constants.O_RDONLY);
    throw new ExitError(exitStatus.failed, `the file ${JSON.stringify(path)} cannot be opened: ${message}`);
  }
}

/** False: the lock was not free in time. A signal: it ended the wait. */
async function lock(
  file: number,
  path: string,
  timeoutMs: number | null,
  isShared: boolean,
): Promise<boolean | Interruption> {
  const patience = timeoutMs === null ? [] : timeoutMs === 0 ? ["-n"] : ["-w", String(timeoutMs / 1000)];
  // The lock belongs to the open file, which the program shares with this process.
  const locker = spawn("flock", [...(isShared ? ["-s"] : []), ...patience, "3"], {
    stdio: ["ignore", "ignore", "inherit", file],
  });
  let interruption: Interruption | null = null;
  const stopWatching = onInterruption((signal) => {
    interruption = signal;
    locker.kill(signal);
  });
  const timer = process.stderr.isTTY
    ? setTimeout(() => process.stderr.write(`polyproc: waiting for the lock of ${path}\n`), sayAfterMs)
    : undefined;
  try {
    const status = await new Promise<number | null>((resolve, reject) => {
      locker.once("error", reject);
      locker.once("exit", resolve);
    });
    if (interruption !== null) return interruption;
    if (status === 0) return true;
    if (status === 1 && timeoutMs !== null) {
      process.stderr.write(`polyproc: the lock of ${path} was not free${timeoutMs > 0 ? " in time" : ""}\n`);
      return false;
    }
    throw new ExitError(exitStatus.failed, `flock ended with status ${status}, so ${path} is not locked`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new ExitError(
      exitStatus.unavailable,
      "lock --file needs the program flock, which is missing: install util-linux, or name a lock of the server",
    );
  } finally {
    clearTimeout(timer);
    stopWatching();
  }
}
