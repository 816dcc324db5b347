import pidusage from "pidusage";
import type { Usage } from "../../protocol/process.js";
import { childrenByParent, descendantsOf, readProcessTable } from "./process-table.js";

/** Numbers of a process that nobody asks about any more are forgotten after this. */
const rememberMs = 60_000;

type Measured = Omit<Usage, "process">;

/** CPU and memory of these processes, each with its descendants; those that have gone are left out. The first look at a process says 0 percent. */
export async function measureUsage(pids: readonly number[]): Promise<Measured[]> {
  const table = readProcessTable();
  const children = childrenByParent(table);
  const wanted = pids.filter((pid) => table.has(pid)).map((pid) => ({ pid, descendants: descendantsOf(pid, children) }));
  const all = [...new Set(wanted.flatMap(({ pid, descendants }) => [pid, ...descendants.map((row) => row.pid)]))];
  if (all.length === 0) return [];
  const numbers = await pidusage(all, { maxage: rememberMs });
  return wanted.flatMap(({ pid, descendants }) => {
    const own = numbers[pid];
    if (!own) return [];
    const below = descendants.flatMap((row) => {
      const found = numbers[row.pid];
      return found ? [{ pid: row.pid, parentPid: row.parentPid, cpuPercent: found.cpu, memoryBytes: found.memory, command: row.command() }] : [];
    });
    return [{
      pid,
      cpuPercent: below.reduce((sum, row) => sum + row.cpuPercent, own.cpu),
      memoryBytes: below.reduce((sum, row) => sum + row.memoryBytes, own.memory),
      descendants: below,
    }];
  });
}

/** Closes the files that the last looks left open. */
export function forgetUsage(): void {
  pidusage.clear();
}
