import { setImmediate } from "node:timers/promises";
import { errorName } from "../../protocol/errors.js";
import type { Run } from "../runs/run.js";
import { jsonText } from "./json-text.js";

/** Between two pauses, so that the window's other work continues. */
const workMs = 10;
/** Of one row. */
const longestRow = 256 * 1024 * 1024;

/** Rows as a JSON array, in parts, so that no part is larger than a row and nothing is kept that has been given. */
export async function* resultsJson(run: Run, indexes: Iterable<number>): AsyncGenerator<string> {
  let first = true;
  let pauseAt = performance.now() + workMs;
  yield "[";
  for (const index of indexes) {
    const row = run.rows[index];
    const item = run.request.items[index];
    if (!row || !item) continue;
    const { state, pid, attempt, startedAt, ms, value, error } = row;
    const entry = {
      index,
      item: item.value,
      label: row.label,
      file: row.file ?? undefined,
      state,
      ms: ms ?? undefined,
      pid: pid === 0 ? undefined : pid,
      attempt: startedAt === null ? undefined : attempt,
      startedAt: startedAt === null ? undefined : new Date(startedAt),
      result: value,
      error: error && { code: errorName(error.code) ?? error.code, message: error.message, data: error.data },
    };
    yield `${first ? "\n" : ",\n"}${jsonText(entry, { limit: longestRow, indent: 0 }).text}`;
    first = false;
    if (performance.now() > pauseAt) {
      await setImmediate();
      pauseAt = performance.now() + workMs;
    }
  }
  yield first ? "]\n" : "\n]\n";
}
