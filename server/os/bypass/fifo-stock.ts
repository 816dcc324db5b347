import { spawn, spawnSync } from "node:child_process";
import { closeSync, constants, mkdirSync, openSync, rmSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";

/** Made in one call of `mkfifo`, which takes 2 to 3 ms however many they are. */
const batch = 16;
const names = Array.from({ length: batch }, (_, i) => String(i));

/** After a failure (a full disk, no free process) hosts do without for this long, then twice as long, and so on. */
const firstPauseMs = 100;
const longestPauseMs = 10_000;

/** Removes the folder when this server has opened the FIFOs, and when it dies before that: either ends the standard input. */
const makeAndClean = `
trap '' INT TERM HUP PIPE
folder=$1
shift
mkdir -m 700 "$folder" || exit
trap 'rm -rf "$folder"' EXIT
(cd "$folder" && mkfifo -m 600 "$@") && echo made && read -r _
`;

export interface FifoStockOptions {
  /** How the paths of the folders begin in which FIFOs are made, for some milliseconds each. The guardian removes what it finds under it. */
  prefix: string;
  /** Called before the folder is made. */
  prepare: () => void;
}

/**
 * Nameless pipes that both sides can read, which Node cannot make itself: `mkfifo`, open for reading and writing, unlink. A few are made ahead, so
 * that only the first host waits for the program.
 */
export class FifoStock {
  readonly #prefix: string;
  readonly #prepare: () => void;
  #folders = 0;
  #fds: number[] = [];
  #refilling = false;
  #disposed = false;
  /** There is no `mkfifo`. */
  #isMissing = process.platform === "win32";
  #pauseMs = 0;
  #pausedUntil = 0;

  constructor({ prefix, prepare }: FifoStockOptions) {
    this.#prefix = prefix;
    this.#prepare = prepare;
  }

  /** A descriptor, non-blocking and from now on the caller's. Null where there is no `mkfifo`, and while the system has no room for a FIFO. */
  take(): number | null {
    if (this.#fds.length === 0) this.#makeNow();
    const fd = this.#fds.pop();
    if (this.#fds.length < batch / 2) this.#makeAhead();
    return fd ?? null;
  }

  dispose(): void {
    this.#disposed = true;
    for (const fd of this.#fds) closeSync(fd);
    this.#fds = [];
  }

  get #mayMake(): boolean {
    return !this.#isMissing && !this.#disposed && performance.now() >= this.#pausedUntil;
  }

  #makeNow(): void {
    if (!this.#mayMake) return;
    const folder = this.#newFolder();
    let made = false;
    try {
      this.#prepare();
      mkdirSync(folder, { mode: 0o700 });
      const { status, error } = spawnSync("mkfifo", ["-m", "600", ...names.map((name) => join(folder, name))], { stdio: "ignore" });
      this.#isMissing = (error as NodeJS.ErrnoException | undefined)?.code === "ENOENT";
      made = status === 0;
    } catch {
      // The temporary folder is full, missing, or not to be written to.
    }
    this.#open(folder, made);
    clean(folder);
  }

  #makeAhead(): void {
    if (this.#refilling || !this.#mayMake) return;
    this.#refilling = true;
    const folder = this.#newFolder();
    let isOver = false;
    const done = (made: boolean) => {
      if (isOver) return;
      isOver = true;
      this.#refilling = false;
      this.#open(folder, made);
    };
    try {
      this.#prepare();
      const maker = spawn("sh", ["-c", makeAndClean, "sh", folder, ...names], { stdio: ["pipe", "pipe", "ignore"], detached: true });
      maker.on("error", () => done(false));
      maker.on("close", () => {
        done(false);
        // It removes the folder itself, unless it was killed.
        clean(folder);
      });
      // Undefined when no descriptor was left for them.
      const { stdin, stdout } = maker as unknown as { stdin?: Socket; stdout?: Socket };
      stdout?.on("data", () => {
        done(true);
        stdin?.destroy();
      });
      stdin?.on("error", () => {});
      maker.unref();
      stdin?.unref();
      stdout?.unref();
    } catch {
      done(false);
    }
  }

  #newFolder(): string {
    return `${this.#prefix}.${++this.#folders}`;
  }

  #open(folder: string, made: boolean): void {
    if (this.#disposed) return;
    if (!made) {
      this.#pauseMs = Math.min(longestPauseMs, this.#pauseMs === 0 ? firstPauseMs : this.#pauseMs * 2);
      this.#pausedUntil = performance.now() + this.#pauseMs;
      return;
    }
    this.#pauseMs = 0;
    try {
      // Read and write: opening does not wait for the other side, and nobody ever reads an end of file.
      for (const name of names) this.#fds.push(openSync(join(folder, name), constants.O_RDWR | constants.O_NONBLOCK));
    } catch {
      // Too many files are open, or somebody cleans up: who gets no pipe does without.
    }
  }
}

function clean(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // The guardian tries again when this server has ended.
  }
}
