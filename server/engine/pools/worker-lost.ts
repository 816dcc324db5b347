import { PolyprocError } from "../../../protocol/errors.js";
import type { HostRecord } from "../processes/host.js";
import { describeExit } from "../processes/process.js";
import type { ExitStatus } from "../processes/spawner.js";

/** How many characters of the worker's last standard error the message shows. */
const shownStderr = 500;

/**
 * The error of the task that a worker ran when it ended. `stderr`: the end of its standard error; `started`: it had
 * been ready.
 */
export function workerLost(host: HostRecord, status: ExitStatus, stderr: string, started: boolean): PolyprocError {
  const pid = host.process.pid ?? 0;
  const when = started ? "in the middle of the task" : "before it was ready";
  const data = { pid, exitCode: status.exitCode, signal: status.signal, stderr };
  if (host.expelledFor !== null)
    return new PolyprocError(
      "WorkerLost",
      `worker ${pid} was ended ${when}, since it broke the protocol: ${host.expelledFor}`,
      data,
    );
  const how = status.signal === null ? `ended with ${describeExit(status)}` : `was ${describeExit(status)}`;
  const hint = stderr
    ? `; it last wrote: ${stderr.slice(-shownStderr)}`
    : status.signal === "SIGKILL"
      ? "; if nobody killed it, look for the kernel's out-of-memory killer"
      : "";
  return new PolyprocError("WorkerLost", `worker ${pid} ${how} ${when}${hint}`, data);
}
