import { spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { compiled } from "../fixture.js";
import { waitFor, within } from "../deadline.js";
import { describeProcess, markedProcesses } from "../runner/leaks.js";

interface TestContext {
  after(clean: () => void | Promise<void>): void;
}

/** A program of a user's, in a process of its own. */
export interface Script {
  readonly process: ChildProcess;
  readonly pid: number;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Its next whole line on standard output that was not asked for before. */
  line(): Promise<string>;
  /**
   * Its exit status, or its signal. Waits for its own end, not for that of processes that inherited its output. All
   * that it wrote itself has been read then.
   */
  exited(): Promise<number | string>;
  /** Waits until no process holds its standard output and error. */
  closed(): Promise<void>;
  /** Pids of all that it started, at any depth, and its own. Linux only. */
  family(): number[];
  /** Waits until all of those have gone. */
  familyGone(): Promise<void>;
}

/** Starts a compiled script of `test/faults/scripts`. At the end of the test no process of it may be left. */
export function startScript(
  test: TestContext,
  name: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Script {
  return startProgram(test, name, [process.execPath, compiled(`test/faults/scripts/${name}`), ...args], env);
}

/** The same for any program; `name` is for messages. */
export function startProgram(
  test: TestContext,
  name: string,
  [program, ...args]: readonly string[],
  env: Record<string, string> = {},
): Script {
  const mark = { name: "POLYPROC_FAULT_SCRIPT", value: randomUUID() };
  const assignment = `${mark.name}=${mark.value}`;
  const child = spawn(program!, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, POLYPROC_ADDRESS: "", ...env, [mark.name]: mark.value },
  });
  let stdout = "";
  let stderr = "";
  let read = 0;
  child.stdout.on("data", (text: Buffer) => (stdout += text.toString()));
  child.stderr.on("data", (text: Buffer) => (stderr += text.toString()));
  const over = once(child, "exit") as Promise<[number | null, string | null]>;
  const closed = once(child, "close");
  const family = () => markedProcesses(assignment);
  test.after(async () => {
    for (const { pid } of family()) process.kill(pid, "SIGKILL");
    await over;
    child.stdout.destroy();
    child.stderr.destroy();
  });
  return {
    process: child,
    pid: child.pid!,
    stdout: () => stdout,
    stderr: () => stderr,
    async line() {
      const end = await waitFor(
        () => {
          const at = stdout.indexOf("\n", read);
          if (at === -1 && (child.exitCode !== null || child.signalCode !== null))
            throw new Error(`the script has ended: ${stderr}`);
          return at === -1 ? null : at;
        },
        { what: `a line of ${name}` },
      );
      const line = stdout.slice(read, end);
      read = end + 1;
      return line;
    },
    async exited() {
      const [code, signal] = await within(over, `the end of ${name}; it wrote ${stderr}`);
      // Its last words are in the pipes, but the end may be seen first. The event loop reads them in its next turn, and
      // the first of these still belongs to the turn that saw the end.
      for (let turn = 0; turn < 2; turn++) await new Promise(setImmediate);
      return code ?? signal!;
    },
    closed: async () => void (await within(closed, `the end of the output of ${name}`)),
    family: () => family().map(({ pid }) => pid),
    async familyGone() {
      await waitFor(() => family().length === 0).catch(() => {
        throw new Error(`there were still:\n${family().map(describeProcess).join("\n")}`);
      });
    },
  };
}
