import { execFile, spawnSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Made in one call of `mkfifo`, which takes 2 to 3 ms however many they are. */
const batch = 8;

/**
 * Nameless pipes that both sides can read, which Node cannot make itself: `mkfifo`, open for reading and writing, unlink. A few are made ahead, so
 * that only the first host waits for the program.
 */
export class FifoStock {
  #fds: number[] = [];
  #refilling = false;
  #disposed = false;
  #unavailable = process.platform === "win32";

  /** A descriptor, non-blocking and from now on the caller's; null where there is no `mkfifo`. */
  take(): number | null {
    if (this.#fds.length === 0) this.#makeNow();
    const fd = this.#fds.pop();
    if (this.#fds.length < batch / 4) this.#makeAhead();
    return fd ?? null;
  }

  dispose(): void {
    this.#disposed = true;
    for (const fd of this.#fds) closeSync(fd);
    this.#fds = [];
  }

  #makeNow(): void {
    if (this.#unavailable) return;
    const folder = makeFolder();
    const { status } = spawnSync("mkfifo", ["-m", "600", ...paths(folder)], { stdio: "ignore" });
    this.#open(folder, status === 0);
  }

  #makeAhead(): void {
    if (this.#unavailable || this.#refilling || this.#disposed) return;
    this.#refilling = true;
    const folder = makeFolder();
    const mkfifo = execFile("mkfifo", ["-m", "600", ...paths(folder)], (error) => {
      this.#refilling = false;
      this.#open(folder, !error);
    });
    mkfifo.unref();
  }

  #open(folder: string, made: boolean): void {
    try {
      if (!made) this.#unavailable = true;
      else if (!this.#disposed) {
        // Read and write: opening does not wait for the other side, and nobody ever reads an end of file.
        for (const path of paths(folder)) this.#fds.push(openSync(path, constants.O_RDWR | constants.O_NONBLOCK));
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), "polyproc-fifo-"));
}

function paths(folder: string): string[] {
  return Array.from({ length: batch }, (_, i) => join(folder, String(i)));
}
