import { setImmediate } from "node:timers/promises";
import type { Row, Run, RunItem } from "../../runs/run.js";

/** Between two pauses, so that the window's other work continues. */
const workMs = 10;

/** The rows with these indexes and their items, in this order, as fast as the window can do it beside other work. */
export async function* entries(run: Run, indexes: Iterable<number>): AsyncGenerator<{ row: Row; item: RunItem }> {
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
