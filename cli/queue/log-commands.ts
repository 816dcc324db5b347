import { Command } from "commander";
import type { Connection } from "../../bindings/typescript/session/connection.js";
import { decode } from "../../bindings/typescript/session/codec.js";
import type { BatchEntryInfo } from "../../protocol/batch.js";
import type { Ending } from "../ending.js";
import { ExitError } from "../exit-error.js";
import { exitStatus, shellStatus } from "../exit-status.js";
import { wholeNumber } from "../option-values.js";
import { onInterruption } from "../signals.js";
import { quoted } from "../quoted.js";
import { chosenEntries } from "./chosen-entries.js";
import { lastLines } from "./last-lines.js";
import { withQueue } from "./open-queue.js";

/** Bytes that are read at a time. */
const pieceBytes = 256 * 1024;

const logHelp = `
Both streams are in it, in the order in which the server read them. It keeps the last 8 to 16 MiB of
an entry's last start.

Examples:
  $ polyproc log 3
  $ polyproc log 3 -n 20
`;

export function logCommand(): Command {
  return new Command("log")
    .description("Prints the log of entries of your queue.")
    .argument("[id...]", "these entries, such as 3, 3-7 or 3,5 (default: the one that started last)")
    .option("-n, --lines <n>", "only the last lines", wholeNumber(0, 1_000_000))
    .option("--json", "print a JSON object for each entry: the entry with its log as text")
    .addHelpText("after", logHelp)
    .action((ids: string[], { lines, json }: { lines?: number; json?: true }) =>
      withQueue(async (connection) => {
        const queue = await connection.request("batch/list", {});
        const entries = ids.length === 0 ? [startedLast(queue.entries)] : chosenEntries(queue, ids);
        for (const entry of entries) {
          if (json) {
            const pieces: Uint8Array[] = [];
            await read(connection, entry.entry, lines, null, async (piece) => void pieces.push(piece));
            process.stdout.write(`${JSON.stringify({ ...entry, log: Buffer.concat(pieces).toString() })}\n`);
            continue;
          }
          if (entries.length > 1) await print(Buffer.from(`==> ${entry.entry}: ${quoted(entry.command)} <==\n`));
          await read(connection, entry.entry, lines, null, print);
        }
      }),
    );
}

const followHelp = `
It waits until the entry starts. Ctrl-C ends this command, and leaves the entry alone.

Exit status: that of the entry's command; 1 if it was lost or skipped; 69 no server.

Examples:
  $ polyproc follow 3
  $ id=$(polyproc add -- make) && polyproc follow "$id"
`;

export function followCommand(exit: (ending: Ending) => void): Command {
  return new Command("follow")
    .description("Prints the log of an entry of your queue, and what it writes, until it has ended.")
    .argument("[id]", "the entry (default: the one that started last)")
    .option("-n, --lines <n>", "begin with the last lines", wholeNumber(0, 1_000_000))
    .option("--json", "print the entry as a JSON object at its end, in place of its output")
    .addHelpText("after", followHelp)
    .action((id: string | undefined, { lines, json }: { lines?: number; json?: true }) =>
      withQueue(async (connection) => {
        const stop = new AbortController();
        const stopWatching = onInterruption((signal) => stop.abort(signal));
        try {
          const ended = await follow(connection, id, json ? null : lines, json === true, stop.signal);
          if (json) process.stdout.write(`${JSON.stringify(ended)}\n`);
          exit(ended.exitCode === null ? exitStatus.failed : shellStatus(ended.exitCode));
        } catch (error) {
          if (!stop.signal.aborted) throw error;
          exit(stop.signal.reason as Ending);
        } finally {
          stopWatching();
        }
      }),
    );
}

async function follow(
  connection: Connection,
  id: string | undefined,
  lines: number | null | undefined,
  silent: boolean,
  signal: AbortSignal,
): Promise<BatchEntryInfo> {
  let since: string | undefined;
  for (;;) {
    const queue = await connection.request("batch/list", since === undefined ? {} : { since }, { signal });
    since = queue.revision;
    id ??= String(startedLast(queue.entries).entry);
    const [entry] = chosenEntries(queue, [id]);
    const hasEnded = entry!.endedAt !== null || entry!.state === "lost";
    if (!silent && (hasEnded || entry!.pid !== null)) {
      await read(connection, entry!.entry, lines ?? undefined, signal, print);
      silent = true;
      since = undefined;
      continue;
    }
    if (hasEnded) return entry!;
  }
}

/** Throws ExitError if no entry was started. */
function startedLast(entries: readonly BatchEntryInfo[]): BatchEntryInfo {
  const [first, ...more] = entries.filter(({ startedAt }) => startedAt !== null);
  if (!first)
    throw new ExitError(exitStatus.failed, "no entry of the queue was started: name one (polyproc status lists them)");
  return more.reduce((last, entry) => (entry.startedAt! >= last.startedAt! ? entry : last), first);
}

/** Reads the log. `signal`: also what is written later, until the entry has ended. */
async function read(
  connection: Connection,
  entry: number,
  lines: number | undefined,
  signal: AbortSignal | null,
  use: (piece: Uint8Array) => Promise<void>,
): Promise<void> {
  let from = lines === undefined ? 0 : await lastLines((at, maxBytes) => piece(connection, entry, at, maxBytes), lines);
  for (;;) {
    const answer = await connection.request(
      "batch/log",
      { entry, from, maxBytes: pieceBytes, ...(signal ? {} : { timeoutMs: 0 }) },
      signal ? { signal } : {},
    );
    const data = decode(answer.data, connection) as Uint8Array;
    if (data.length > 0) await use(data);
    from = answer.next;
    if (answer.ended || (!signal && data.length === 0)) return;
  }
}

async function piece(connection: Connection, entry: number, from: number, maxBytes: number) {
  const answer = await connection.request("batch/log", { entry, from, maxBytes, timeoutMs: 0 });
  return { data: decode(answer.data, connection) as Uint8Array, from: answer.from };
}

/** Resolves when standard output takes more. */
async function print(piece: Uint8Array): Promise<void> {
  if (process.stdout.write(piece)) return;
  await new Promise((resolve) => process.stdout.once("drain", resolve));
}
