import type { RunEntry } from "../../protocol/run.js";
import { payloadToJson } from "../../protocol/values.js";
import type { Outcome } from "../map/outcome.js";

/** The outcome of an item of a run; null while it has none. `item`: the item's text. */
export function runOutcome(entry: RunEntry, item: string): Outcome | null {
  const ran = {
    index: entry.index,
    item,
    ms: entry.ms ?? 0,
    pid: entry.pid,
    ...(entry.host !== undefined && { host: entry.host }),
    ...(entry.cached !== undefined && { cached: entry.cached }),
  };
  switch (entry.state) {
    case "done":
      return entry.value === undefined
        ? { kind: "done", ...ran, value: undefined }
        : { kind: "done", ...ran, value: payloadToJson(entry.value) };
    case "failed":
      return { kind: "failed", ...ran, error: entry.error! };
    case "cancelled":
      return { kind: "skipped", ...ran };
    case "queued":
    case "running":
      return null;
  }
}
