import { readFileSync } from "node:fs";

/** Whether this process lives. A zombie does not, though `kill(pid, 0)` says so. */
export function isLiving(pid: number): boolean {
  if (process.platform === "linux") {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
      return !"ZX".includes(stat.charAt(stat.lastIndexOf(")") + 2));
    } catch {
      return false;
    }
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
