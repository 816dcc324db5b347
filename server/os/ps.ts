import { spawnSync } from "node:child_process";
import type { ProcessRow } from "./process-row.js";

const columns = ["-axo", "pid=,ppid=,pgid=,stat=,lstart=,command="];
/** `lstart` is always five words: `Mon Jan  1 10:00:00 2024`. */
const line = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S+\s+\S+\s+\S+\s+\S+\s+\S+)\s+(.*)$/;

/**
 * Reads the output of `ps`, for systems without `/proc` such as macOS. Empty if there is no `ps`. Tested with Linux's
 * `ps` only; not run on macOS.
 */
export function readPsTable(): Map<number, ProcessRow> {
  const ps = spawnSync("ps", columns, {
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C" },
    maxBuffer: 64 * 1024 * 1024,
  });
  const table = new Map<number, ProcessRow>();
  for (const text of (ps.stdout ?? "").split("\n")) {
    const [, pid, parentPid, group, state, start, command] = line.exec(text) ?? [];
    if (pid === undefined || state!.startsWith("Z")) continue;
    table.set(Number(pid), {
      pid: Number(pid),
      parentPid: Number(parentPid),
      group: Number(group),
      start: start!,
      command: () => command!,
    });
  }
  return table;
}
