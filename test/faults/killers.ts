import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

/** Where a worker is killed. Its results go into its report channel, unless they are too large for that. */
export type Step =
  | "before it runs a task"
  | "before it writes a result"
  | "after it wrote a result"
  | "before it sends a result"
  | "after it sent a result";

const connectionFd = 3;
const reportsFd = 5;

/** The function of each task. With `step`, this worker is killed there. */
export function work({ n, step }: { n: number; step?: Step }): { n: number; more: string } {
  if (step === "before it runs a task") die();
  const isSent = step === "before it sends a result" || step === "after it sent a result";
  if (step) killAt(isSent ? connectionFd : reportsFd, step.startsWith("before"));
  return { n, more: isSent ? "x".repeat(3600) : "" };
}

function killAt(fd: number, before: boolean): void {
  const write = fs.writeSync;
  fs.writeSync = ((...args: Parameters<typeof write>) => {
    if (args[0] !== fd) return write(...args);
    if (before) die();
    write(...args);
    return die();
  }) as typeof write;
  syncBuiltinESMExports();
}

function die(): never {
  process.kill(process.pid, "SIGKILL");
  for (;;);
}
