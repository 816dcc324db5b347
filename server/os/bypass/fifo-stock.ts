import { spawn, spawnSync } from "node:child_process";
import { closeSync, constants, mkdirSync, openSync, rmdirSync, unlinkSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import { makePipe } from "../../../native/load.js";
import { descriptorPath, sharesDescriptors } from "./descriptor-path.js";

/** FIFOs that one call of `mkfifo` makes. A call takes 2 to 3 ms for any number of FIFOs. */
const batch = 16;
const names = Array.from({ length: batch }, (_, i) => String(i));

/** After a failure (full disk, no free process) hosts start without FIFOs for this many ms. Doubles to the longest. */
const firstPauseMs = 100;
const longestPauseMs = 10_000;

/**
 * Makes the folder and the FIFOs, then waits for the end of its standard input and removes the folder. The input ends
 * when the server has opened the FIFOs, and also when it dies before.
 */
const makeAndClean = `
trap '' INT TERM HUP PIPE
folder=$1
shift
mkdir -m 700 "$folder" || exit
trap 'rm -rf "$folder"' EXIT
(cd "$folder" && mkfifo -m 600 "$@") && echo made && read -r _
`;

export interface FifoStockOptions {
  /**
   * Prefix of the folders in which FIFOs exist for some milliseconds. The guardian removes folders with this prefix.
   */
  prefix: string;
  /** Called before the folder is made. */
  prepare: () => void;
}

/**
 * FIFOs without a name. The native code makes them. Node cannot: without that code the program `mkfifo` makes them, the
 * server opens them, and the name is removed. A few are made ahead: only the first host has to wait.
 */
export class FifoStock {
  readonly #prefix: string;
  readonly #prepare: () => void;
  #folders = 0;
  #fds: number[] = [];
  #refilling = false;
  #disposed = false;
  /** This system has no `mkfifo`. */
  #isMissing = process.platform === "win32";
  #pauseMs = 0;
  #pausedUntil = 0;

  constructor({ prefix, prepare }: FifoStockOptions) {
    this.#prefix = prefix;
    this.#prepare = prepare;
  }

  /**
   * A non-blocking descriptor for reading and writing, which the caller closes. Null if FIFOs cannot be made, or not at
   * the moment.
   */
  take(): number | null {
    const pipe = makePipe();
    if (!pipe) return this.#takeMade();
    const fd = open(pipe[0], constants.O_RDWR | constants.O_NONBLOCK);
    for (const end of pipe) closeSync(end);
    return fd;
  }

  /**
   * Its two ends, which the caller closes. The end to write waits when the FIFO is full. Null as for `take`, and on
   * systems without paths of descriptors.
   */
  takeEnds(): readonly [read: number, write: number] | null {
    const pipe = makePipe();
    if (pipe) return pipe;
    const fd = sharesDescriptors ? this.#takeMade() : null;
    if (fd === null) return null;
    const read = open(fd, constants.O_RDONLY | constants.O_NONBLOCK);
    const write = read === null ? null : open(fd, constants.O_WRONLY);
    closeSync(fd);
    if (read !== null && write === null) closeSync(read);
    return read === null || write === null ? null : [read, write];
  }

  #takeMade(): number | null {
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
      const { status, error } = spawnSync("mkfifo", ["-m", "600", ...names.map((name) => join(folder, name))], {
        stdio: "ignore",
      });
      this.#isMissing = (error as NodeJS.ErrnoException | undefined)?.code === "ENOENT";
      made = status === 0;
    } catch {
      // The temporary folder is full, missing or not writable.
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
      const maker = spawn("sh", ["-c", makeAndClean, "sh", folder, ...names], {
        stdio: ["pipe", "pipe", "ignore"],
        detached: true,
      });
      maker.on("error", () => done(false));
      maker.on("close", () => {
        done(false);
        // The program removes the folder, unless it was killed.
        clean(folder);
      });
      // Undefined if the process had no free descriptors.
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
      // For reading and writing: opening does not wait for the other side, and readers never get EOF.
      for (const name of names) this.#fds.push(openSync(join(folder, name), constants.O_RDWR | constants.O_NONBLOCK));
    } catch {
      // Too many files are open, or the folder was removed. Hosts start without FIFOs.
    }
  }
}

/** Opens a FIFO that is open here. Null without a free descriptor. */
function open(fd: number, flags: number): number | null {
  try {
    return openSync(descriptorPath(fd)!, flags);
  } catch {
    return null;
  }
}

/** Removes the folder, name by name: to list it would need a descriptor, and there may be none. */
function clean(folder: string): void {
  for (const remove of [...names.map((name) => () => unlinkSync(join(folder, name))), () => rmdirSync(folder)]) {
    try {
      remove();
    } catch {
      // It is not there. A folder that stays is removed by the guardian when this server has died.
    }
  }
}
