import { Command } from "commander";
import type { Connection } from "../../bindings/typescript/session/connection.js";
import type { BatchEntryInfo } from "../../protocol/batch.js";
import type { Ending } from "../ending.js";
import { exitStatus } from "../exit-status.js";
import { duration } from "../option-values.js";
import { onInterruption } from "../signals.js";
import { chosenEntries } from "./chosen-entries.js";
import { withQueue } from "./open-queue.js";

interface WaitOptions {
  group?: string;
  timeout?: number;
  json?: true;
}

const help = `
Without an ID it waits for all entries that run or are queued now; held entries count only if they are
named.

Exit status: 0 all are done, 1 one has failed, or was lost, skipped or removed, 2 usage, 69 no server,
75 not in time.

Examples:
  $ polyproc wait
  $ polyproc wait 3 5 --timeout 1h
`;

export function waitCommand(exit: (ending: Ending) => void): Command {
  return new Command("wait")
    .summary("wait until entries of your queue have ended")
    .description("Waits until entries of your queue have ended.")
    .argument("[id...]", "these entries, such as 3, 3-7 or 3,5")
    .option("-g, --group <name>", "the entries of this group")
    .option("--timeout <duration>", "wait no longer than this, such as 30 (seconds), 500ms or 2m", duration)
    .option("--json", "print a JSON object at the end: {entries}")
    .addHelpText("after", help)
    .action((ids: string[], options: WaitOptions) =>
      withQueue(async (connection) => {
        const stop = new AbortController();
        const stopWatching = onInterruption((signal) => stop.abort(signal));
        try {
          const { entries, inTime } = await waitFor(connection, ids, options, stop.signal);
          if (options.json) process.stdout.write(`${JSON.stringify({ entries }, null, 2)}\n`);
          const allDone = entries.every((entry) => entry?.state === "done");
          exit(!inTime ? exitStatus.tryLater : allDone ? exitStatus.ok : exitStatus.failed);
        } catch (error) {
          if (!stop.signal.aborted) throw error;
          exit(stop.signal.reason as Ending);
        } finally {
          stopWatching();
        }
      }),
    );
}

/** The entries at the end; null for one that was removed. */
async function waitFor(
  connection: Connection,
  ids: readonly string[],
  { group, timeout }: WaitOptions,
  signal: AbortSignal,
): Promise<{ entries: (BatchEntryInfo | null)[]; inTime: boolean }> {
  const until = timeout === undefined ? null : performance.now() + timeout;
  let queue = await connection.request("batch/list", {}, { signal });
  const chosen = chosenEntries(queue, ids, group)
    .filter((entry) => ids.length > 0 || isUnderWay(entry))
    .map(({ entry }) => entry);
  for (;;) {
    const now = new Map(queue.entries.map((entry) => [entry.entry, entry]));
    const entries = chosen.map((number) => now.get(number) ?? null);
    if (!entries.some((entry) => entry && (isUnderWay(entry) || (ids.length > 0 && entry.state === "held"))))
      return { entries, inTime: true };
    const left = until === null ? null : until - performance.now();
    if (left !== null && left <= 0) return { entries, inTime: false };
    queue = await connection.request("batch/list", { since: queue.revision, timeoutMs: left }, { signal });
  }
}

function isUnderWay({ state }: BatchEntryInfo): boolean {
  return state === "queued" || state === "running" || state === "paused";
}
