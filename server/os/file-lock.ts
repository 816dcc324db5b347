import { spawnSync } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";

/** BSD's and macOS's O_EXLOCK, which Node does not name: `open` takes the lock. Not run on these systems. */
const exclusiveLock = 0x20;

/**
 * Opens the file and takes the kernel's lock of it (`flock`). The lock lasts as long as the descriptor, which this
 * function returns: until the process ends, however it ends. Null: another process has the lock. Throws if the system
 * refuses.
 */
export function lockFile(path: string): number | null {
  if (process.platform === "win32") throw new Error("Windows has no flock");
  if (process.platform !== "linux") return openLocked(path);
  const descriptor = openSync(path, "a", 0o600);
  // Node has no flock. The lock belongs to the open file, which the program shares with this process.
  const { error, status, stderr } = spawnSync("flock", ["-n", "3"], {
    stdio: ["ignore", "ignore", "pipe", descriptor],
    encoding: "utf8",
  });
  if (status === 0) return descriptor;
  closeSync(descriptor);
  if ((error as NodeJS.ErrnoException | undefined)?.code === "ENOENT")
    throw new Error("the program flock is missing; install util-linux");
  if (error) throw error;
  if (status === 1) return null;
  throw new Error(`flock ended with status ${status}: ${stderr.trim()}`);
}

function openLocked(path: string): number | null {
  try {
    return openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK | exclusiveLock, 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EAGAIN" || code === "EWOULDBLOCK") return null;
    throw error;
  }
}
