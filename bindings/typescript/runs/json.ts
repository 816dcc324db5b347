import { errorName } from "../../../protocol/errors.js";
import type { RunRecord, RunRow } from "./run-record.js";
import { jsonText } from "./json-text.js";
import { entries } from "./entries.js";

/** Longest text of one row. */
const longestRow = 256 * 1024 * 1024;

/** Rows as a JSON array, in parts, so that no part is larger than a row and nothing is kept that has been given. */
export async function* resultsJson(run: RunRecord, indexes: Iterable<number>): AsyncGenerator<string> {
  let first = true;
  yield "[";
  for await (const { row, item } of entries(run, indexes)) {
    yield `${first ? "\n" : ",\n"}${entryText(row, item)}`;
    first = false;
  }
  yield first ? "]\n" : "\n]\n";
}

/** Rows as JSON Lines: an object on each line. */
export async function* resultsJsonLines(run: RunRecord, indexes: Iterable<number>): AsyncGenerator<string> {
  for await (const { row, item } of entries(run, indexes)) yield `${entryText(row, item)}\n`;
}

function entryText(row: RunRow, item: { value: unknown }): string {
  const { index, state, pid, host, attempt, startedAt, ms, cached, value, error } = row;
  const entry = {
    index,
    item: item.value,
    label: row.label,
    file: row.file ?? undefined,
    state,
    ms: ms ?? undefined,
    pid: pid === 0 ? undefined : pid,
    host,
    attempt: startedAt === null ? undefined : attempt,
    startedAt: startedAt === null ? undefined : new Date(startedAt),
    cached,
    result: value,
    error: error && { code: errorName(error.code) ?? error.code, message: error.message, data: error.data },
  };
  return jsonText(entry, { limit: longestRow, indent: 0 }).text;
}
