import type { StoredEntry } from "../../../protocol/batch-record.js";

/** What a hook finds in its environment: the outcome of its entry. */
export function hookVariables(record: StoredEntry): Record<string, string> {
  const seconds = record.startedAt === null || record.endedAt === null ? 0 : (record.endedAt - record.startedAt) / 1000;
  return {
    POLYPROC_QUEUE_ID: String(record.entry),
    POLYPROC_QUEUE_NAME: record.name,
    POLYPROC_QUEUE_GROUP: record.group,
    POLYPROC_QUEUE_STATE: record.state,
    POLYPROC_QUEUE_EXIT_CODE: record.exitCode === null ? "" : String(record.exitCode),
    POLYPROC_QUEUE_REASON: record.reason ?? "",
    POLYPROC_QUEUE_SECONDS: seconds.toFixed(3),
    POLYPROC_QUEUE_COMMAND: record.command.join(" ").slice(0, 32 * 1024),
  };
}
