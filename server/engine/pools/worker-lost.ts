import { PolyprocError } from "../../../protocol/errors.js";
import type { HostRecord } from "../processes/host.js";
import { lackOfMemory } from "../processes/process.js";
import type { ExitStatus } from "../processes/spawner.js";

/** How many characters of the worker's last standard error the message shows. */
const shownStderr = 500;
/** How many lines are searched for the runtime's word that the heap is full. Node writes a native stack after it. */
const searchedLines = 80;
const outOfHeap = /^.*heap out of memory.*$/m;

/** How a process ended, for the middle of a sentence. */
export function howItEnded({ signal, exitCode }: ExitStatus): string {
  return signal === null ? `exited with code ${exitCode}` : `was killed by ${signal}`;
}

/**
 * The error of the task that a worker ran when it ended. `tail`: the last lines of its standard error; `started`: it
 * had been ready.
 */
export function workerLost(
  host: HostRecord,
  status: ExitStatus,
  tail: (lines?: number) => string,
  started: boolean,
): PolyprocError {
  const pid = host.process.pid ?? 0;
  const when = started ? "in the middle of the task" : "before it was ready";
  const stderr = tail();
  const { peakMemoryBytes, outOfMemory } = status;
  const data = {
    pid,
    exitCode: status.exitCode,
    signal: status.signal,
    stderr,
    ...(peakMemoryBytes === undefined ? {} : { peakMemoryBytes }),
    ...(outOfMemory === undefined ? {} : { outOfMemory }),
  };
  if (host.expelledFor !== null)
    return new PolyprocError(
      "WorkerLost",
      `worker ${pid} was ended ${when}, since it broke the protocol: ${host.expelledFor}`,
      data,
    );
  if (status.leaseEnded)
    return new PolyprocError(
      "WorkerLost",
      `worker ${pid} was killed ${when}, since the lease of what it held in a cluster could not be renewed`,
      { ...data, leaseEnded: true },
    );
  const heap = outOfHeap.exec(tail(searchedLines));
  if (heap)
    return new PolyprocError(
      "WorkerLost",
      `worker ${pid} ran out of heap ${when} (${heap[0]}): give workers a larger one, ` +
        "such as resourceLimits of the pool or --max-old-space-size=4096 of Node, or give them less at once",
      { ...data, stderr: heap[0], outOfHeap: true },
    );
  if (outOfMemory)
    return new PolyprocError(
      "WorkerLost",
      `worker ${pid} ${howItEnded(status)} ${when}${lackOfMemory(status)}: run fewer at a time, or give workers less ` +
        "at once",
      data,
    );
  return new PolyprocError("WorkerLost", `worker ${pid} ${howItEnded(status)} ${when}${hint(status, stderr)}`, data);
}

function hint(status: ExitStatus, stderr: string): string {
  if (stderr) return `; it last wrote: ${stderr.slice(-shownStderr)}`;
  if (status.signal === "SIGKILL")
    return status.outOfMemory === false
      ? "; memory had not run out, so a program killed it"
      : "; if no program killed it, look for the kernel's out-of-memory killer";
  if (status.signal !== null) return "";
  const or = status.exitCode === 0 ? ", or left it nothing to wait for" : "";
  return `: the function, or what its module started, ended the process${or}`;
}
