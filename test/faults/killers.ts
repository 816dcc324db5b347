import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { Socket } from "node:net";

/** Where a worker is killed. Its results go into its report channel, unless they are too large for that. */
export type Step =
  | "before it reads a packet"
  | "after it read a packet"
  | "before it runs a task"
  | "before it writes a result"
  | "after it wrote a result"
  | "before it sends a result"
  | "when it has sent half a result"
  | "after it sent a result";

const connectionFd = 3;
const reportsFd = 5;

export interface Done {
  n: number;
  pid: number;
  more: string;
}

/** The function of each task. With `step`, this worker is killed there, at this task or right behind it. */
export function work({ n, step }: { n: number; step?: Step }): Done {
  switch (step) {
    case undefined:
      return { n, pid: process.pid, more: "" };
    case "before it runs a task":
      return die();
    case "before it reads a packet":
      Socket.prototype.resume = calledBy("TaskChannel.want", Socket.prototype.resume);
      break;
    case "after it read a packet":
      // The runner asks for the time when it has been given a packet.
      performance.now = calledBy("#received", performance.now.bind(performance));
      break;
    default:
      killAt(step);
  }
  return { n, pid: process.pid, more: step.includes("sen") ? "x".repeat(3600) : "" };
}

/** The function, but a worker whose method of this name calls it is killed before. */
function calledBy<F extends (...args: never[]) => unknown>(caller: string, call: F): F {
  return function (this: unknown, ...args: never[]) {
    const [, , from] = new Error().stack!.split("\n");
    if (from!.includes(caller)) die();
    return call.apply(this, args);
  } as F;
}

function killAt(step: Step): void {
  const write = fs.writeSync;
  const fdOfStep = step.includes("sen") ? connectionFd : reportsFd;
  fs.writeSync = ((fd: number, bytes: Uint8Array, ...rest: []) => {
    if (fd !== fdOfStep) return write(fd, bytes, ...rest);
    if (step.startsWith("when")) write(fd, bytes, 0, Math.floor(bytes.length / 2));
    else if (step.startsWith("after")) write(fd, bytes, ...rest);
    return die();
  }) as typeof write;
  syncBuiltinESMExports();
}

function die(): never {
  process.kill(process.pid, "SIGKILL");
  for (;;);
}

export interface Noted {
  n: number;
  /** A file that gets a line with `n`. */
  log: string;
  /** Then it computes for ever. */
  spins?: boolean;
}

/** Notes that it has begun. */
export function note({ n, log, spins }: Noted): void {
  fs.appendFileSync(log, `${n}\n`);
  while (spins);
}
