import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { compiled, root } from "../fixture.js";
import { readLog, type LogRecord } from "./log.js";

/**
 * A program that a scenario wants to be run. Its parameters are what `programs/main.ts` and `python/main.py` hand to
 * the workload.
 */
export interface ProgramPlan {
  language: "typescript" | "python";
  workload: string;
  params: Record<string, unknown>;
  /** It starts a server for itself instead of using the run's. */
  isPrivate?: boolean;
}

export interface Program extends ProgramPlan {
  readonly pid: number;
  readonly process: ChildProcess;
  readonly log: string;
  /** Exit status, or the signal that ended it; null while it runs. */
  status(): number | string | null;
  stderr(): string;
  records(): LogRecord[];
  /** Resolves with its end. */
  readonly ended: Promise<unknown>;
}

const pythonFolder = join(root, "test", "soak", "python");
const binding = join(root, "bindings", "python");

/** The interpreter itself: a shim that starts it would be the one that the monkey hits. */
const { stdout: interpreter } = spawnSync("python3", ["-c", "import sys; print(sys.executable, end='')"], {
  encoding: "utf8",
});

/**
 * What Python processes need, the server's worker hosts too: the binding, and stacks on SIGUSR1
 * (`python/stacks/sitecustomize.py`).
 */
export const pythonEnvironment = {
  PYTHONPATH: `${binding}:${join(pythonFolder, "stacks")}`,
  PATH: `${dirname(interpreter ?? "")}:${process.env["PATH"]}`,
};

export function startProgram(plan: ProgramPlan, log: string, env: NodeJS.ProcessEnv, cwd: string): Program {
  const params = JSON.stringify({ ...plan.params, log });
  const [command, args] =
    plan.language === "python"
      ? ([interpreter, [join(pythonFolder, "main.py"), plan.workload, params]] as const)
      : ([
          process.execPath,
          ["--enable-source-maps", compiled("test/soak/programs/main"), plan.workload, params],
        ] as const);
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let stderr = "";
  // What children print is copied to it with a private server.
  child.stdout.resume();
  child.stderr.on("data", (text: Buffer) => (stderr = (stderr + text.toString()).slice(-20_000)));
  return {
    ...plan,
    pid: child.pid!,
    process: child,
    log,
    status: () => child.exitCode ?? child.signalCode,
    stderr: () => stderr,
    records: () => readLog(log),
    ended: once(child, "exit"),
  };
}
