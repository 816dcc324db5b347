import type { PolyprocApi } from "../../../../extension/api.js";
import { within } from "../../../deadline.js";

/** Cancels and forgets all runs of the window. */
export async function endRuns(api: PolyprocApi, timeoutMs?: number): Promise<void> {
  for (const run of [...api.runs.all]) {
    await run.cancel();
    await within(run.whenEnded, "the run's end", timeoutMs);
    await api.runs.forget(run);
  }
}
