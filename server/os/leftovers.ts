import { instanceVariable } from "./environment.js";
import { hasInEnvironment, readLinuxTable } from "./proc.js";

/** Limit of rounds for processes that keep forking. */
const maxRounds = 100;

/**
 * Kills what a server has left that died together with its guardian: all processes with its mark. Call it when the
 * server is known to be dead. Linux only; elsewhere it does nothing.
 */
export function endLeftovers(instanceId: string): void {
  if (process.platform !== "linux") return;
  const mark = `${instanceVariable}=${instanceId}`;
  const killed = new Set<string>();
  for (let round = 0; round < maxRounds; round++) {
    const before = killed.size;
    for (const { pid, start } of readLinuxTable().values()) {
      if (pid === process.pid || killed.has(`${pid} ${start}`) || !hasInEnvironment(pid, mark)) continue;
      killed.add(`${pid} ${start}`);
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has ended, or belongs to another user.
      }
    }
    if (killed.size === before) return;
  }
}
