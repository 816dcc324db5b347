import { Command } from "commander";
import type { Connection } from "../../bindings/typescript/session/connection.js";
import type { BatchEntryInfo } from "../../protocol/batch.js";
import type { Ending } from "../ending.js";
import { exitStatus, shellStatus } from "../exit-status.js";
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

Exit status of one entry that is named: that of its command, as of "wait" in a shell; 128 + N when
signal N ended it; 1 when it was lost, skipped or removed. Of several, or of none that is named: 0 all
are done, 1 one is not. In both cases 2 usage, 69 no server, 75 not in time.

Examples:
  $ polyproc wait
  $ polyproc wait 3 5 --timeout 1h
`;

export function waitCommand(exit: (ending: Ending) => void): Command {
  return new Command("wait")
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
          exit(inTime ? statusOf(entries, ids.length > 0) : exitStatus.tryLater);
        } catch (error) {
          if (!stop.signal.aborted) throw error;
          exit(stop.signal.reason as Ending);
        } finally {
          stopWatching();
        }
      }),
    );
}

/** A single entry's own status; of several, whether all are done. */
function statusOf(entries: readonly (BatchEntryInfo | null)[], isNamed: boolean): number {
  if (entries.every((entry) => entry?.state === "done")) return exitStatus.ok;
  const [only] = entries;
  if (!isNamed || entries.length > 1 || only?.state !== "failed" || only.exitCode === null) return exitStatus.failed;
  return shellStatus(only.exitCode) || exitStatus.failed;
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
