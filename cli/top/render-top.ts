import { formatBytes } from "../../protocol/bytes.js";
import { formatDuration } from "../../protocol/duration.js";
import { longestName, processCells, processColumns, processName, shorten } from "../ps/process-row.js";
import type { ServerState } from "../ps/server-state.js";
import { renderTable } from "../table.js";

/** Renders the server in two lines, then its pools, then its processes, busiest first. */
export function renderTop(state: ServerState, address: string): string[] {
  const { server, processes, pools, usage } = state;
  const cpu = [...usage.values()].reduce((sum, entry) => sum + entry.cpuPercent, 0);
  const memory = [...usage.values()].reduce((sum, entry) => sum + entry.memoryBytes, 0);
  const rows = processes
    .toSorted((a, b) => cpuOf(state, b.process) - cpuOf(state, a.process) || a.startedAt - b.startedAt)
    .map((process) => [String(process.pid ?? "-"), processName(process), ...processCells(process, state)]);
  return [
    `polyproc ${server.version}  ${address}  up ${formatDuration(server.uptimeMs)}  ${formatBytes(server.rssBytes)}`,
    `${count(server.sessions, "session")}, ${count(server.objects, "object")}, ${server.waits} ` +
      `waiting, ${count(processes.length, "process", "processes")}, ${server.warmHosts} ` +
      `warm   CPU ${cpu.toFixed(0)} %  memory ${formatBytes(memory)}`,
    "",
    ...(pools.length === 0 ? [] : [...poolTable(state), ""]),
    ...renderTable([{ title: "PID", align: "right" }, { title: "NAME" }, ...processColumns], rows),
  ];
}

function poolTable({ pools }: ServerState): string[] {
  const columns = [
    { title: "POOL" },
    { title: "STATE" },
    ...["BUSY", "SLOTS", "QUEUED", "DONE", "FAILED"].map((title) => ({ title, align: "right" as const })),
    { title: "NAME" },
    { title: "INTERPRETER" },
  ];
  return renderTable(
    columns,
    pools.map((pool) => [
      ...[pool.pool, pool.state, pool.busy, pool.processes, pool.queued, pool.done, pool.failed].map(String),
      shorten(pool.name ?? "", longestName),
      (pool.interpreters ?? []).join(", "),
    ]),
  );
}

function cpuOf({ usage }: ServerState, process: string): number {
  return usage.get(process)?.cpuPercent ?? 0;
}

function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}
