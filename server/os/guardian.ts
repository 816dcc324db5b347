import { spawn, type ChildProcess } from "node:child_process";
import { instanceVariable, unmarkedEnvironment } from "./environment.js";
import { Restarts, settledMs } from "./guardian-restarts.js";
import { guardianScript } from "./guardian-script.js";

/** A guardian that does not end this many milliseconds after `q` (because it was stopped, for example) is killed. */
const endGraceMs = 1000;

/**
 * A small `sh` process that kills all children when the server has died. The server writes a line into its pipe for
 * each process group that begins or ends. When the pipe closes because the server has died, the guardian kills the
 * groups. It is started before the first child. Whenever it ends, the server starts it again and writes all groups
 * again. Not on Windows.
 */
export class Guardian {
  readonly #instanceId: string;
  readonly #fifoPrefix: string;
  readonly #groups = new Set<number>();
  readonly #restarts: Restarts;
  #process: ChildProcess | null = null;
  #state: "idle" | "watching" | "unavailable" | "ended" = "idle";
  #pause: NodeJS.Timeout | undefined;

  /**
   * `fifoPrefix`: the guardian removes folders with this prefix, which a killed server may leave behind. `tellPeople`
   * gets a line for the log when there is no guardian for a while, and when there is one again.
   */
  constructor(instanceId: string, fifoPrefix = "", tellPeople: (text: string) => void = () => {}) {
    this.#instanceId = instanceId;
    this.#fifoPrefix = fifoPrefix;
    this.#restarts = new Restarts(tellPeople);
    if (process.platform === "win32") this.#state = "unavailable";
  }

  /** Null while no guardian runs. */
  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  /** Called before each child is started, so that a guardian runs whenever the server may die with children. */
  prepare(): void {
    if (this.#state === "idle") this.#start();
  }

  /** From now on this process group is killed when the server dies. */
  add(group: number): void {
    this.#groups.add(group);
    this.prepare();
    this.#tell(`+${group}\n`);
  }

  /** No process is left in this group. */
  remove(group: number): void {
    if (this.#groups.delete(group)) this.#tell(`-${group}\n`);
  }

  /** Ends the guardian; it kills nothing. Resolves when it has exited. */
  async end(): Promise<void> {
    const guardian = this.#process;
    this.#state = "ended";
    clearTimeout(this.#pause);
    if (!guardian) return;
    const gone = new Promise<void>((resolve) => guardian.once("exit", () => resolve()));
    guardian.ref();
    guardian.stdin?.end("q\n");
    const impatience = setTimeout(() => guardian.kill("SIGKILL"), endGraceMs);
    await gone;
    clearTimeout(impatience);
  }

  #start(): void {
    this.#state = "watching";
    const startedAt = performance.now();
    let guardian: ChildProcess;
    try {
      // Detached: a new session, which a terminal's Ctrl-C does not reach.
      guardian = spawn(
        "/bin/sh",
        ["-c", guardianScript, "polyproc-guardian", `${instanceVariable}=${this.#instanceId}`, this.#fifoPrefix],
        {
          cwd: "/",
          detached: true,
          env: unmarkedEnvironment(),
          stdio: ["pipe", "ignore", "ignore"],
        },
      );
    } catch (error) {
      // For some errors of the system, `spawn` throws instead of emitting `error`.
      this.#lost(startedAt, error as Error);
      return;
    }
    let isOver = false;
    const over = (error: Error | null) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(settled);
      this.#process = null;
      this.#lost(startedAt, error);
    };
    const settled = setTimeout(() => this.#restarts.settled(), settledMs).unref();
    guardian.once("error", over);
    guardian.once("exit", () => over(null));
    if (guardian.pid === undefined) return;
    this.#process = guardian;
    // The guardian must not keep the server's event loop alive.
    guardian.unref();
    (guardian.stdin as unknown as { unref(): void } | null)?.unref();
    guardian.stdin?.on("error", () => {});
    for (const group of this.#groups) this.#tell(`+${group}\n`);
  }

  #lost(startedAt: number, error: Error | null): void {
    if (this.#state !== "watching") return;
    const pauseMs = this.#restarts.pauseAfter(performance.now() - startedAt, error);
    if (pauseMs === 0) this.#start();
    else this.#pause = setTimeout(() => this.#start(), pauseMs).unref();
  }

  #tell(text: string): void {
    this.#process?.stdin?.write(text);
  }
}
