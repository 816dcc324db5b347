import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { waitFor, within } from "../deadline.js";
import type { ProcessRow } from "../../server/os/process-row.js";
import { compiled } from "../fixture.js";
import { describeProcess, markedProcesses } from "../runner/leaks.js";

export interface Finished {
  /** Exit status; null when a signal ended it. */
  status: number | null;
  stdout: string;
  stderr: string;
  /** Standard output without empty lines. */
  lines: string[];
}

export interface ExampleOptions {
  cwd?: string;
  /** In addition to this process's own. */
  env?: Record<string, string>;
  /** Interrupts the program as Ctrl-C does, once it has printed this. */
  interruptAfter?: RegExp;
  /** Runs beside it, and can look at its living processes. */
  meanwhile?: (processes: () => ProcessRow[]) => Promise<void>;
  /** Default 200,000: a program may have many tests. The runner gives a silent file longer. */
  timeoutMs?: number;
}

/** Runs an example with node as a user does, to its end. Fails when a process of it lives on. */
export async function runExample(
  name: string,
  args: readonly string[] = [],
  options: ExampleOptions = {},
): Promise<Finished> {
  return runProgram(process.execPath, [compiled(`examples/${name}`), ...args], options);
}

/** What a program printed that ended well, without a word on standard error. */
export async function printed(finished: Promise<Finished>): Promise<string[]> {
  const { status, lines, stderr } = await finished;
  assert.equal(stderr, "");
  assert.equal(status, 0);
  return lines;
}

export async function runProgram(
  command: string,
  args: readonly string[],
  { cwd, env, interruptAfter, meanwhile, timeoutMs = 200_000 }: ExampleOptions = {},
): Promise<Finished> {
  const mark = `POLYPROC_TEST_EXAMPLE=${randomUUID()}`;
  const [markName, markValue] = mark.split("=") as [string, string];
  const child = spawn(command, args, {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env, [markName]: markValue },
  });
  let stdout = "";
  let stderr = "";
  let interrupted = false;
  child.stdout.on("data", (data: Buffer) => {
    stdout += data.toString();
    if (interruptAfter?.test(stdout) && !interrupted) {
      interrupted = true;
      child.kill("SIGINT");
    }
  });
  child.stderr.on("data", (data: Buffer) => (stderr += data.toString()));
  const closed = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  try {
    await meanwhile?.(() => markedProcesses(mark));
    const status = await within(closed, `the end of ${args.join(" ")}`, timeoutMs);
    await waitFor(() => markedProcesses(mark).length === 0, { what: "nothing of it lives on" });
    return { status, stdout, stderr, lines: stdout.split("\n").filter((line) => line.trim() !== "") };
  } catch (error) {
    await endHanging(child, mark, closed);
    throw new Error(
      `it printed:\n${stdout}${stderr}\nliving: ${markedProcesses(mark).map(describeProcess).join("\n")}`,
      { cause: error },
    );
  }
}

/** Ends a program that has not ended, and the processes with its mark. Those of Python write their stacks. */
export async function endHanging(child: ChildProcess, mark: string, closed: Promise<unknown>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  for (const { pid } of markedProcesses(mark)) signal(pid, "SIGABRT");
  await within(closed, "its end", 3000).catch(() => child.kill("SIGKILL"));
}

/** A process that may have ended. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
