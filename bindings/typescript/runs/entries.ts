import { setImmediate } from "node:timers/promises";
import type { RunRecord, RunRow } from "./run-record.js";

/** Between two pauses, so that the window's other work continues. */
const workMs = 10;

/** The rows with these indexes and their items, in this order, as fast as the window can do it beside other work. */
export async function* entries(
  run: RunRecord,
  indexes: Iterable<number>,
): AsyncGenerator<{ row: RunRow; item: RunRecord["request"]["items"][number] }> {
  let pauseAt = performance.now() + workMs;
  for (const index of indexes) {
    const row = run.rows[index];
    const item = run.request.items[index];
    if (!row || !item) continue;
    yield { row, item };
    if (performance.now() > pauseAt) {
      await setImmediate();
      pauseAt = performance.now() + workMs;
    }
  }
}
