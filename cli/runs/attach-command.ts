import { Command } from "commander";
import type { Connection } from "../../bindings/typescript/session/connection.js";
import type { RunInfo } from "../../protocol/run.js";
import type { Target } from "../../protocol/target.js";
import { payloadToJson } from "../../protocol/values.js";
import type { Ending } from "../ending.js";
import { ExitError } from "../exit-error.js";
import { exitStatus, signalStatus } from "../exit-status.js";
import { progressOf } from "../map/output/output-options.js";
import { Report } from "../map/output/report.js";
import { openSharedServer } from "../server-link.js";
import { onInterruption } from "../signals.js";
import { Terminal } from "../terminal.js";
import { findRun } from "./find-run.js";
import { runOutcome } from "./run-outcome.js";

interface AttachOptions {
  keepOrder?: true;
  json?: true;
  tag?: true;
  quiet?: true;
}

const help = `
Everything is printed as map does, from the run's beginning on; what its functions print, from now on.
Ctrl-C leaves the run alone: polyproc kill RUN cancels it.

Exit status: 0 all well, 1 some failed, or it was cancelled, 2 usage, 69 no server, 130 Ctrl-C, 141
the reader closed the output.

Examples:
  $ polyproc attach run:s4.1
  $ polyproc attach nightly --json > outcomes.jsonl
`;

/** `polyproc attach`. */
export function attachCommand(exit: (ending: Ending) => void): Command {
  return new Command("attach")
    .description("Prints what becomes of a run's items, those that are done already first, until the run has ended.")
    .argument("<run>", "its handle (run:...) or its name; polyproc runs lists them")
    .option("-k, --keep-order", "print in the order of the items, not as they end")
    .option("--json", "print a JSON object for each item: {index, item, ok, value | error, ms, pid, host?}")
    .option("--tag", "begin each line of output with its item and a tab")
    .option("-q, --quiet", "no progress and no summary; failures are told all the same")
    .addHelpText("after", help)
    .action(async (name: string, options: AttachOptions) => {
      const { connection } = await openSharedServer();
      try {
        exit(await attach(connection, await findRun(connection, name), options));
      } finally {
        await connection.close();
      }
    });
}

async function attach(connection: Connection, info: RunInfo, options: AttachOptions): Promise<Ending> {
  const { run, job, total, startedAt } = info;
  const terminal = new Terminal();
  const leaving = new AbortController();
  const report = new Report(terminal, total, {
    json: false,
    tag: false,
    keepOrder: false,
    ...options,
    progress: progressOf(options),
    files: null,
    streaming: null,
    printsNames: false,
    wake: () => {},
    sinceMs: Date.now() - startedAt,
  });
  let endedAt: number | null = null;
  let ending: Ending | null = null;
  const leave = (how: Ending) => {
    ending ??= how;
    leaving.abort();
  };
  const stopWatching = onInterruption((signal) => {
    if (!leaving.signal.aborted)
      report.say(`the run goes on; polyproc attach ${run} follows it again, polyproc kill ${run} cancels it`);
    leave(signal);
  });
  terminal.onOutputGone(() => leave(signalStatus("SIGPIPE")));
  void connection.closed.then(() =>
    leaving.abort(new ExitError(exitStatus.unavailable, "the server has gone, and all that it ran has ended")),
  );
  connection.on("events/output", ({ lines }) => report.printed(lines.filter((line) => line.task?.job === job)));
  try {
    const { items, target } = await connection.request("run/spec", { run });
    const texts = items.map((item) => textOf(payloadToJson(item)));
    // The output of a command is part of its result.
    if (!("command" in target)) await connection.request("events/watchOutput", { scope: "all" });
    await follow(connection, run, { texts, target }, terminal, report, leaving.signal);
    ({ endedAt } = await connection.request("run/status", { run }));
  } catch (error) {
    if (leaving.signal.reason instanceof ExitError) throw leaving.signal.reason;
    if (!leaving.signal.aborted) throw error;
  } finally {
    await report.end(endedAt === null ? undefined : endedAt - startedAt);
    await terminal.flushed();
    stopWatching();
  }
  if (ending !== null) return ending;
  const { state } = await connection.request("run/status", { run });
  return report.isBad || state === "cancelled" ? exitStatus.failed : exitStatus.ok;
}

/** Reads the run to its end, as fast as the reader of standard output reads. */
async function follow(
  connection: Connection,
  run: string,
  { texts, target }: { texts: readonly string[]; target: Target },
  terminal: Terminal,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  for (let since = 0, ended = false; !ended;) {
    const news = await connection.request("run/read", { run, since }, { signal });
    for (const entry of news.entries) {
      const item = texts[entry.index]!;
      const outcome = runOutcome(entry, item);
      if (outcome) report.add(outcome, target);
      else if (entry.state === "running") {
        if (entry.progress) report.reported(entry.index, item, entry.progress);
        else report.started(entry.index, item);
      }
    }
    ({ next: since, ended } = news);
    if (terminal.isBehind) await new Promise<void>((drained) => terminal.onDrained(drained));
  }
}

/** The item as the user gave it: text as it is, other values as JSON. */
function textOf(item: unknown): string {
  return typeof item === "string" ? item : JSON.stringify(item);
}
