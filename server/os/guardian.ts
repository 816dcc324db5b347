import { spawn, type ChildProcess } from "node:child_process";
import { instanceVariable, unmarkedEnvironment } from "./environment.js";
import { guardianScript } from "./guardian-script.js";

/** A guardian that lived this long works here: when it is lost, the next one is started at once. */
const settledMs = 1000;
/** Otherwise the next start waits this long, then twice as long, and so on. */
const firstPauseMs = 50;
const longestPauseMs = 5000;
/** With a pause this long, people are told: for as long, nobody would end the children of a server that is killed. */
const worthTellingMs = 1000;
/** One that was told to end and has not (somebody stopped it, say) is killed. */
const endGraceMs = 1000;

/**
 * A tiny process that outlives the server by a moment. It is told each process group that comes and goes, at one pipe write each;
 * when the pipe closes because the server has died, it kills them all. It is started before the first child, and started again and told again when
 * it is lost, however often that happens. Windows has none.
 */
export class Guardian {
  readonly #instanceId: string;
  readonly #fifoPrefix: string;
  readonly #groups = new Set<number>();
  readonly #tellPeople: (text: string) => void;
  #process: ChildProcess | null = null;
  #state: "idle" | "watching" | "unavailable" | "ended" = "idle";
  #pauseMs = 0;
  #pause: NodeJS.Timeout | undefined;
  #hasTold = false;

  /**
   * `fifoPrefix`: how the paths of folders begin that a server which is killed may leave. `tellPeople` gets a line when there is no guardian for a
   * while, and when there is one again.
   */
  constructor(instanceId: string, fifoPrefix = "", tellPeople: (text: string) => void = () => {}) {
    this.#instanceId = instanceId;
    this.#fifoPrefix = fifoPrefix;
    this.#tellPeople = tellPeople;
    if (process.platform === "win32") this.#state = "unavailable";
  }

  /** Null when there is none at the moment. */
  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  /** Before each child is started: whenever the server dies, somebody is there to find it by its mark. */
  prepare(): void {
    if (this.#state === "idle") this.#start();
  }

  /** This group dies with the server. */
  add(group: number): void {
    this.#groups.add(group);
    this.prepare();
    this.#tell(`+${group}\n`);
  }

  /** Nobody is left in this group. */
  remove(group: number): void {
    if (this.#groups.delete(group)) this.#tell(`-${group}\n`);
  }

  /** Lets it go without killing anybody; resolves when it has ended. */
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
      // Detached: a session of its own, that no terminal's Ctrl-C reaches.
      guardian = spawn("/bin/sh", ["-c", guardianScript, "polyproc-guardian", `${instanceVariable}=${this.#instanceId}`, this.#fifoPrefix], {
        cwd: "/",
        detached: true,
        env: unmarkedEnvironment(),
        stdio: ["pipe", "ignore", "ignore"],
      });
    } catch (error) {
      // Node throws for some of the reasons that the system may have.
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
    const settled = setTimeout(() => this.#settled(), settledMs).unref();
    guardian.once("error", over);
    guardian.once("exit", () => over(null));
    if (guardian.pid === undefined) return;
    this.#process = guardian;
    // It must not keep the server alive.
    guardian.unref();
    (guardian.stdin as unknown as { unref(): void } | null)?.unref();
    guardian.stdin?.on("error", () => {});
    for (const group of this.#groups) this.#tell(`+${group}\n`);
  }

  #settled(): void {
    this.#pauseMs = 0;
    if (this.#hasTold) this.#tellPeople("the children are watched over again: if this server is killed, they end");
    this.#hasTold = false;
  }

  #lost(startedAt: number, error: Error | null): void {
    if (this.#state !== "watching") return;
    if (performance.now() - startedAt >= settledMs) {
      this.#start();
      return;
    }
    this.#pauseMs = Math.min(longestPauseMs, this.#pauseMs === 0 ? firstPauseMs : this.#pauseMs * 2);
    if (this.#pauseMs >= worthTellingMs && !this.#hasTold) {
      this.#hasTold = true;
      const why = error ? ` (${error.message})` : "";
      this.#tellPeople(`the process that would end the children of this server if it were killed (/bin/sh, polyproc-guardian) keeps ending${why}; it is started again and again`);
    }
    this.#pause = setTimeout(() => this.#start(), this.#pauseMs).unref();
  }

  #tell(text: string): void {
    this.#process?.stdin?.write(text);
  }
}
