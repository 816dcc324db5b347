import type { Connection } from "../bindings/typescript/session/connection.js";
import type { ProcessInfo } from "../protocol/process.js";

export interface Exits {
  /**
   * Resolves when all processes have ended, or after the timeout, with the reason of each end by the process's handle.
   */
  reasons: Promise<Map<string, string>>;
}

/** Watches these processes for `timeoutMs`. Warm hosts count as ended, because the server does not report their end. */
export async function watchExits(
  connection: Connection,
  processes: readonly ProcessInfo[],
  timeoutMs: number,
): Promise<Exits> {
  const reasons = new Map<string, string>();
  const left = new Set(processes.map((process) => process.process));
  let over = () => {};
  const settled = new Promise<Map<string, string>>((resolve) => {
    over = () => resolve(reasons);
  });
  const ended = (handle: string, reason: string) => {
    if (!left.delete(handle)) return;
    reasons.set(handle, reason);
    if (left.size === 0) over();
  };
  const look = ({ process, state, reason }: ProcessInfo) => {
    if (state === "exited") ended(process, reason ?? "ended");
  };
  // A process that is missing ended before the subscription began.
  const lookAtAll = (running: readonly ProcessInfo[]) => {
    const alive = new Set(running.map((process) => process.process));
    for (const { process, role } of processes) if (role === "host" || !alive.has(process)) ended(process, "ended");
    running.forEach(look);
  };
  connection.on("events/changed", ({ events }) => {
    for (const event of events) if (event.topic === "process") look(event.process);
  });
  connection.on("events/reset", ({ snapshot }) => lookAtAll(snapshot.processes));
  const { snapshot } = await connection.request("events/subscribe", { topics: ["process"] });
  lookAtAll(snapshot?.processes ?? []);
  if (left.size === 0) over();
  const timer = setTimeout(over, timeoutMs);
  return { reasons: settled.finally(() => clearTimeout(timer)) };
}
