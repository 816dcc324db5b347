import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { within } from "../../deadline.js";

interface TestContext {
  after(clean: () => void | Promise<void>): void;
}

export interface Script {
  readonly pid: number;
  /** Standard output so far. */
  stdout(): string;
  stderr(): string;
  /** Pids that it printed as `child PID`. */
  children(): number[];
  kill(signal: NodeJS.Signals): void;
  /** Its exit code, or the signal that ended it. */
  ended(): Promise<number | string>;
}

/** Starts a compiled fixture as a script of its own, which ends with the test. */
export function startScript(
  test: TestContext,
  name: string,
  args: string[] = [],
  env: Record<string, string> = {},
): Script {
  const path = fileURLToPath(new URL(`./fixtures/${name}.js`, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (text: Buffer) => (stdout += text.toString()));
  child.stderr.on("data", (text: Buffer) => (stderr += text.toString()));
  const over = once(child, "close") as Promise<[number | null, string | null]>;
  test.after(async () => {
    child.kill("SIGKILL");
    await over;
  });
  return {
    pid: child.pid!,
    stdout: () => stdout,
    stderr: () => stderr,
    children: () => [...stdout.matchAll(/^child (\d+)$/gm)].map((match) => Number(match[1])),
    kill: (signal) => void child.kill(signal),
    ended: async () => {
      const [code, signal] = await within(over, `the end of ${name}.js ${args.join(" ")}\n${stdout}\n${stderr}`);
      return code ?? signal!;
    },
  };
}
