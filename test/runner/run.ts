import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { Guardian } from "../../server/os/guardian.js";
import { developerVariables } from "../developer-variables.js";
import { killEach, markedProcesses } from "./leaks.js";

const runVariable = "POLYPROC_TEST_RUN";
// The run has a folder for compiled modules.
const notInherited = [...developerVariables, "FORCE_COLOR", "CI", "PYTHONDONTWRITEBYTECODE"];

/**
 * One run of the suite: the folder below which everything temporary is made, and the mark of every process that it
 * starts.
 */
export class Run {
  readonly id = randomUUID();
  /** Short, since paths of sockets may have 107 characters at most. */
  readonly folder = mkdtempSync(join(tmpdir(), "ppt-"));
  readonly environment: NodeJS.ProcessEnv = { ...process.env, [runVariable]: this.id, NO_COLOR: "1" };
  /** Kills the test processes when the runner itself is killed. */
  readonly #guardian = new Guardian(this.id);
  #number = 0;

  constructor() {
    for (const name of notInherited) delete this.environment[name];
    // Each module is compiled once in a run. The caches are no test's leftover.
    this.environment["NODE_COMPILE_CACHE"] = join(this.folder, "compile-cache");
    this.environment["PYTHONPYCACHEPREFIX"] = join(this.folder, "pycache");
    this.environment["PATH"] = pathWithPython();
  }

  nextNumber(): string {
    return String(++this.#number);
  }

  started(group: number): void {
    this.#guardian.add(group);
  }

  ended(group: number): void {
    this.#guardian.remove(group);
  }

  living() {
    return markedProcesses(`${runVariable}=${this.id}`);
  }

  killAll(): void {
    killEach(this.living());
  }

  async end(): Promise<void> {
    this.killAll();
    await this.#guardian.end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** `python3` on the PATH may be a script that looks for Python at each start. Then Python's own folder comes first. */
function pathWithPython(): string | undefined {
  const path = process.env["PATH"];
  const { stdout, status } = spawnSync("python3", ["-c", "import sys; print(sys.executable, end='')"], {
    encoding: "utf8",
  });
  if (status !== 0 || stdout === "") return path;
  const folder = dirname(stdout);
  const folders = (path ?? "").split(delimiter);
  // Other programs of that folder, such as another Node, must not come before those of the PATH.
  return folders.includes(folder) ? path : [folder, ...folders].join(delimiter);
}
