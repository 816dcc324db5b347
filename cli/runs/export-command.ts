import { Command, Option } from "commander";
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { resultsCsv } from "../../bindings/typescript/runs/csv.js";
import { resultsJson, resultsJsonLines } from "../../bindings/typescript/runs/json.js";
import { resultsJunit } from "../../bindings/typescript/runs/junit.js";
import { readRun } from "../../bindings/typescript/runs/read-run.js";
import type { RunRecord } from "../../bindings/typescript/runs/run-record.js";
import { resultsTrace, type RunWaits } from "../../bindings/typescript/runs/trace.js";
import { exitStatus } from "../exit-status.js";
import { openSharedServer } from "../server-link.js";
import { findRun } from "./find-run.js";

const formats: Record<string, (run: RunRecord, indexes: number[], waits: RunWaits) => AsyncGenerator<string>> = {
  csv: resultsCsv,
  jsonl: resultsJsonLines,
  json: resultsJson,
  junit: resultsJunit,
  trace: resultsTrace,
};

const help = `
trace is the form of Chrome's tracing, with the waits for locks and queues: open it in
https://ui.perfetto.dev.

Examples:
  $ polyproc runs export run:s4.1 > run.csv
  $ polyproc runs export nightly --format junit --output report.xml
  $ polyproc runs export nightly --format trace --output trace.json
`;

/** `polyproc runs export`. */
export function exportCommand(exit: (status: number) => void): Command {
  return new Command("export")
    .summary("write a run's items as CSV, JSON, JUnit XML or a trace")
    .description("Writes every item of a run, with its state, times, result and error.")
    .argument("<run>", "its handle (run:...) or its name; polyproc runs lists them")
    .addOption(new Option("-f, --format <format>", "of the file").choices(Object.keys(formats)).default("csv"))
    .option("-o, --output <file>", "default: standard output")
    .addHelpText("after", help)
    .action(async (name: string, { format, output }: { format: string; output?: string }) => {
      const { connection } = await openSharedServer();
      try {
        const info = await findRun(connection, name);
        const [run, waits] = await Promise.all([
          readRun(connection, info),
          connection.request("run/waits", { run: info.run }),
        ]);
        const text = Readable.from(formats[format]!(run, [...run.rows.keys()], waits));
        if (output === undefined) await pipeline(text, process.stdout, { end: false });
        else await pipeline(text, createWriteStream(output));
        exit(exitStatus.ok);
      } finally {
        await connection.close();
      }
    });
}
