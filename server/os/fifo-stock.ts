import { spawn, spawnSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Made in one call of `mkfifo`, which takes 2 to 3 ms however many they are. */
const batch = 16;
const names = Array.from({ length: batch }, (_, i) => String(i));

/** Takes them away when this process has opened them, and when it dies before that: either ends the standard input. */
const makeAndClean = `
trap '' INT TERM HUP PIPE
folder=$(mktemp -d "$1/polyproc-fifo-XXXXXX") || exit
trap 'rm -rf "$folder"' EXIT
shift
(cd "$folder" && mkfifo -m 600 "$@") && echo "$folder" && read -r _
`;

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
    if (this.#fds.length < batch / 2) this.#makeAhead();
    return fd ?? null;
  }

  dispose(): void {
    this.#disposed = true;
    for (const fd of this.#fds) closeSync(fd);
    this.#fds = [];
  }

  #makeNow(): void {
    if (this.#unavailable) return;
    const folder = mkdtempSync(join(tmpdir(), "polyproc-fifo-"));
    try {
      const { status } = spawnSync("mkfifo", ["-m", "600", ...names.map((name) => join(folder, name))], { stdio: "ignore" });
      this.#open(folder, status === 0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  #makeAhead(): void {
    if (this.#unavailable || this.#refilling || this.#disposed) return;
    this.#refilling = true;
    const maker = spawn("sh", ["-c", makeAndClean, "sh", tmpdir(), ...names], { stdio: ["pipe", "pipe", "ignore"], detached: true });
    let folder = "";
    let opened = false;
    const done = (made: boolean) => {
      if (opened) return;
      opened = true;
      this.#refilling = false;
      this.#open(folder, made);
      maker.stdin.destroy();
    };
    maker.stdout.setEncoding("utf8").on("data", (text: string) => {
      folder += text;
      if (!folder.endsWith("\n")) return;
      folder = folder.slice(0, -1);
      done(true);
    });
    maker.stdin.on("error", () => {});
    maker.on("error", () => done(false));
    maker.on("close", () => done(false));
    maker.unref();
    (maker.stdin as Socket).unref();
    (maker.stdout as Socket).unref();
  }

  #open(folder: string, made: boolean): void {
    if (!made) this.#unavailable = true;
    if (!made || this.#disposed) return;
    try {
      // Read and write: opening does not wait for the other side, and nobody ever reads an end of file.
      for (const name of names) this.#fds.push(openSync(join(folder, name), constants.O_RDWR | constants.O_NONBLOCK));
    } catch {
      // Too many files are open, or somebody cleans up: who gets no pipe does without.
    }
  }
}
