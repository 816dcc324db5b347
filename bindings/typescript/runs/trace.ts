import { objectName } from "../../../protocol/describe-wait.js";
import type { Result } from "../../../protocol/message.js";
import type * as runs from "../../../protocol/run.js";
import { failureText } from "./failure-text.js";
import { entries } from "./entries.js";
import type { RunRecord, RunRow } from "./run-record.js";

export type RunWaits = Result<typeof runs.waits>;

/** The track of the counters of the run. The tracks of hosts follow it: pids of several hosts may be the same. */
const runTrack = 0;

/**
 * Rows in Chrome's trace-event form, which Perfetto (https://ui.perfetto.dev) opens: a track for each worker with its
 * items (on a cluster, below its host), the workers' waits for locks and queues, and the number of running and queued
 * items. Times are microseconds since the run's start.
 */
export async function* resultsTrace(
  run: RunRecord,
  indexes: readonly number[],
  waits: RunWaits,
): AsyncGenerator<string> {
  const { startedAt, endedAt } = run.info;
  const micros = (at: number) => Math.max(0, Math.round((at - startedAt) * 1000));
  const end = endedAt ?? Date.now();
  let first = true;
  const line = (event: object) => {
    const text = `${first ? "" : ","}\n${JSON.stringify(event)}`;
    first = false;
    return text;
  };
  yield '{"displayTimeUnit":"ms","traceEvents":[';
  yield line({ ph: "M", pid: runTrack, name: "process_name", args: { name: run.request.name } });
  const tracks = new Set<number>();
  const hosts = new Map<string, number>();
  const trackOf = ({ host, pid }: RunRow): { track: number; name: string } => {
    if (host === undefined) return { track: pid, name: `worker ${pid}` };
    const track = hosts.get(host) ?? runTrack + 1 + hosts.size;
    hosts.set(host, track);
    return { track, name: host };
  };
  for await (const { row } of entries(run, indexes)) {
    if (row.startedAt === null) continue;
    const { track, name } = trackOf(row);
    if (!tracks.has(track)) {
      tracks.add(track);
      yield line({ ph: "M", pid: track, name: "process_name", args: { name } });
    }
    const ms = row.ms ?? Math.max(0, end - row.startedAt);
    yield line({
      ph: "X",
      cat: "item",
      name: row.label,
      pid: track,
      tid: row.pid,
      ts: micros(row.startedAt),
      dur: Math.round(ms * 1000),
      args: argsOf(row, startedAt),
    });
  }
  for (const [id, wait] of waits.waits.entries()) {
    const common = {
      cat: "wait",
      name: `${wait.reason}: ${objectName(wait.object)}`,
      id,
      pid: wait.pid,
      tid: wait.pid,
    };
    yield line({ ...common, ph: "b", ts: micros(wait.startedAt), args: { object: wait.object, reason: wait.reason } });
    yield line({ ...common, ph: "e", ts: micros(wait.startedAt + wait.ms) });
  }
  for (const { at, running, queued } of counts(run.rows, startedAt, end))
    yield line({ ph: "C", pid: runTrack, name: "items", ts: micros(at), args: { running, queued } });
  yield `\n],"otherData":${JSON.stringify({ run: run.request.name, waitsNotListed: waits.dropped })}}\n`;
}

function argsOf({ index, state, attempt, startedAt, error }: RunRow, began: number): object {
  return {
    index,
    state,
    attempt,
    queuedMs: Math.round((startedAt! - began) * 1000) / 1000,
    ...(error ? { error: failureText(error) } : {}),
  };
}

/** How many items ran and waited, at each moment at which that changed. */
function counts(rows: readonly RunRow[], startedAt: number, end: number) {
  const changes: { at: number; running: number }[] = [];
  for (const { startedAt: began, ms } of rows) {
    if (began === null) continue;
    changes.push({ at: began, running: 1 }, { at: ms === null ? end : began + ms, running: -1 });
  }
  changes.sort((a, b) => a.at - b.at);
  let running = 0;
  let queued = rows.filter((row) => row.startedAt !== null || row.state === "queued").length;
  return [
    { at: startedAt, running, queued },
    ...changes.map((change) => {
      running += change.running;
      if (change.running > 0) queued--;
      return { at: change.at, running, queued };
    }),
  ];
}
