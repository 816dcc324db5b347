import { spawn, type ChildProcess } from "node:child_process";
import { instanceVariable, unmarkedEnvironment } from "./environment.js";
import { guardianScript } from "./guardian-script.js";

/** A guardian that ends this soon after its start cannot work here. */
const hopelessMs = 200;
const maxHopeless = 3;
/** One that was told to end and has not (somebody stopped it, say) is killed. */
const endGraceMs = 1000;

/**
 * A tiny process that outlives the server by a moment. It is told each process group that comes and goes, at one pipe write each;
 * when the pipe closes because the server has died, it kills them all. It is started before the first child, and started again and told again when
 * somebody ends it. Windows has none.
 */
export class Guardian {
  readonly #instanceId: string;
  readonly #groups = new Set<number>();
  #process: ChildProcess | null = null;
  #state: "idle" | "running" | "unavailable" | "ended" = "idle";
  #hopeless = 0;

  constructor(instanceId: string) {
    this.#instanceId = instanceId;
    if (process.platform === "win32") this.#state = "unavailable";
  }

  /** Null when there is none, or none yet. */
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
    if (!guardian) return;
    const gone = new Promise<void>((resolve) => guardian.once("exit", () => resolve()));
    guardian.ref();
    guardian.stdin?.end("q\n");
    const impatience = setTimeout(() => guardian.kill("SIGKILL"), endGraceMs);
    await gone;
    clearTimeout(impatience);
  }

  #start(): void {
    const startedAt = performance.now();
    // Detached: a session of its own, that no terminal's Ctrl-C reaches.
    const guardian = spawn("/bin/sh", ["-c", guardianScript, "polyproc-guardian", `${instanceVariable}=${this.#instanceId}`], {
      cwd: "/",
      detached: true,
      env: unmarkedEnvironment(),
      stdio: ["pipe", "ignore", "ignore"],
    });
    this.#process = guardian;
    this.#state = "running";
    // It must not keep the server alive.
    guardian.unref();
    (guardian.stdin as unknown as { unref(): void } | null)?.unref();
    guardian.stdin?.on("error", () => {});
    guardian.once("error", () => this.#lost(startedAt));
    guardian.once("exit", () => this.#lost(startedAt));
    for (const group of this.#groups) this.#tell(`+${group}\n`);
  }

  #lost(startedAt: number): void {
    this.#process = null;
    if (this.#state !== "running") return;
    this.#hopeless = performance.now() - startedAt < hopelessMs ? this.#hopeless + 1 : 0;
    if (this.#hopeless >= maxHopeless) this.#state = "unavailable";
    else this.#start();
  }

  #tell(text: string): void {
    this.#process?.stdin?.write(text);
  }
}
