import { objectName } from "../../../protocol/describe-wait.js";
import { formatDuration } from "../../../protocol/duration.js";
import type { RunRecord, RunRow } from "./run-record.js";
import type { RunWaits } from "./trace.js";
import { workerName } from "./worker-name.js";

/** A wait, an idle worker or an item takes at least this part of the time before it is worth a line. */
const worthTelling = 0.2;
/** A run with chunks has at least this many of them for each worker, so that all workers are busy until its end. */
const chunksPerWorker = 4;

/** What a person should know of a run that took longer than it had to; the most important first. */
export function insights(run: Pick<RunRecord, "info" | "rows">, waits: RunWaits): string[] {
  const { startedAt, endedAt, processes, chunkSize } = run.info;
  const ran = run.rows.filter((row): row is RunRow & { startedAt: number; ms: number } => {
    return row.startedAt !== null && row.ms !== null;
  });
  const end = endedAt ?? Math.max(startedAt, ...ran.map((row) => row.startedAt + row.ms));
  const wallMs = end - startedAt;
  const workMs = ran.reduce((sum, { ms }) => sum + ms, 0);
  if (wallMs <= 0 || workMs <= 0) return [];
  return [
    ...waits.totals.slice(0, 2).flatMap(({ object, reason, ms }) => {
      const part = Math.min(1, ms / workMs);
      const what = reason === "held" ? objectName(object) : reasons(reason, objectName(object));
      return part < worthTelling ? [] : [`${percent(part)} of the items' time is waiting for ${what}`];
    }),
    ...idle(ran, { processes, chunkSize, startedAt, wallMs }),
  ];
}

function reasons(reason: string, object: string): string {
  if (reason === "empty") return `items of ${object}`;
  return reason === "full" ? `room in ${object}` : object;
}

interface Frame {
  processes: number;
  chunkSize: number;
  startedAt: number;
  wallMs: number;
}

/** The worker that had the least to do, and why. */
function idle(ran: readonly (RunRow & { startedAt: number; ms: number })[], frame: Frame): string[] {
  const { processes, chunkSize, startedAt, wallMs } = frame;
  const busy = new Map<string, number>();
  for (const row of ran) busy.set(workerName(row), (busy.get(workerName(row)) ?? 0) + row.ms);
  const longest = ran.reduce((a, b) => (b.ms > a.ms ? b : a));
  const [name, leastMs] = [...busy].reduce((a, b) => (b[1] < a[1] ? b : a));
  const part = Math.max(0, 1 - leastMs / wallMs);
  // Each command is a process of its own, so its pid says nothing of a worker.
  if (busy.size < 2 || busy.size > processes || part < worthTelling) return [];
  const chunks = new Set(ran.map(({ chunk }) => chunk)).size;
  const worker = `worker ${[...busy.keys()].indexOf(name) + 1} (pid ${name}) is idle ${percent(part)} of the time`;
  if (chunkSize > 1 && chunks < chunksPerWorker * busy.size)
    return [`${worker}: chunk size ${chunkSize} is too large for ${ran.length} items`];
  if (longest.ms > wallMs / 2)
    return [`${worker}: item ${longest.label} alone takes ${formatDuration(longest.ms)} of ${formatDuration(wallMs)}`];
  const lateMs = Math.min(...ran.filter((row) => workerName(row) === name).map((row) => row.startedAt)) - startedAt;
  return lateMs > wallMs * worthTelling
    ? [`${worker}: its first item began after ${formatDuration(lateMs)}`]
    : [worker];
}

function percent(part: number): string {
  return `${Math.round(part * 100)} %`;
}
