import { failureText } from "./failure-text.js";
import type { RunRecord } from "./run-record.js";
import { jsonText } from "./json-text.js";
import { entries } from "./entries.js";

/** Characters of a cell: spreadsheets take no more. */
const longestCell = 32_000;
const columns = ["index", "item", "state", "ms", "pid", "attempt", "startedAt", "result", "error"] as const;
/** Only of a run on a cluster. */
const clusterColumns = ["host"] as const;

/** Rows as CSV (RFC 4180). A result that is a text stands as it is, any other as JSON; what is too long is cut off. */
export async function* resultsCsv(run: RunRecord, indexes: Iterable<number>): AsyncGenerator<string> {
  const isOnCluster = run.info.cluster !== undefined;
  yield `${[...columns, ...(isOnCluster ? clusterColumns : [])].join(",")}\r\n`;
  for await (const { row } of entries(run, indexes)) {
    const { index, label, state, pid, host, attempt, startedAt, ms, value, error } = row;
    const result = typeof value === "string" ? value : value === undefined ? "" : jsonText(value, style).text;
    const began = startedAt === null ? ["", ""] : [attempt, new Date(startedAt).toISOString()];
    const cells = [index, label, state, ms ?? "", pid || "", ...began, result, error ? failureText(error) : ""];
    if (isOnCluster) cells.push(host ?? "");
    yield `${cells.map(cell).join(",")}\r\n`;
  }
}

const style = { limit: longestCell, indent: 0 };

function cell(value: string | number): string {
  const text = String(value).slice(0, longestCell);
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
