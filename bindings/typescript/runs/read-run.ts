import type { RunInfo } from "../../../protocol/run.js";
import { payloadToJson } from "../../../protocol/values.js";
import type { Connection } from "../session/connection.js";
import type { RunRecord, RunRow } from "./run-record.js";

const maxLabelLength = 200;

/** The whole of a run at this moment, with every result that the server has. Labels are the items' texts. */
export async function readRun(connection: Connection, info: RunInfo): Promise<RunRecord> {
  const { run, name } = info;
  const { items, target } = await connection.request("run/spec", { run });
  const values = items.map((item) => payloadToJson(item));
  const rows: RunRow[] = values.map((value, index) => ({
    index,
    chunk: index,
    label: labelOf(value),
    file: typeof value === "string" && value.startsWith("/") && !value.includes("\n") ? value : null,
    state: "queued",
    pid: 0,
    attempt: 1,
    startedAt: null,
    ms: null,
  }));
  for (let since = 0; ;) {
    const { entries, next, ended } = await connection.request("run/read", { run, since, timeoutMs: 0 });
    for (const { index, chunk, state, pid, host, attempt, startedAt, ms, cached, value, error } of entries)
      rows[index] = {
        ...rows[index]!,
        ...{ chunk, state, pid, attempt, startedAt, ms },
        ...(host === undefined ? {} : { host }),
        ...(cached === undefined ? {} : { cached }),
        ...(value === undefined ? {} : { value: payloadToJson(value) }),
        ...(error ? { error } : {}),
      };
    since = next;
    if (ended || entries.length === 0) break;
  }
  const latest = await connection.request("run/status", { run });
  return { request: { name, target, items: values.map((value) => ({ value })) }, info: latest, rows };
}

function labelOf(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > maxLabelLength ? `${text.slice(0, maxLabelLength)}…` : text;
}
