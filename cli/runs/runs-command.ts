import { Command } from "commander";
import { formatDuration } from "../../protocol/duration.js";
import { oneLine } from "../../protocol/one-line.js";
import type { RunInfo } from "../../protocol/run.js";
import { exitStatus } from "../exit-status.js";
import { collect } from "../option-values.js";
import { openSharedServer } from "../server-link.js";
import { renderTable } from "../table.js";
import { compareCommand, explainCommand } from "./compare-command.js";
import { exportCommand } from "./export-command.js";
import { findRun } from "./find-run.js";

interface RunsOptions {
  json?: true;
  forget?: string[];
}

const help = `
A run belongs to the server: it goes on after the client that started it has ended. The server keeps
its outcomes until it is forgotten, or 200 newer runs have ended.

Examples:
  $ polyproc map --detach --glob 'photos/*.png' -- mogrify -path small -resize 50% {}
  $ polyproc runs
  $ polyproc attach run:s4.1
  $ polyproc kill run:s4.1
  $ polyproc runs --forget run:s4.1
  $ polyproc runs export run:s4.1 --format trace --output trace.json
`;

export function runsCommand(exit: (status: number) => void): Command {
  return new Command("runs")
    .description("Lists the runs of the server: those that map --detach or an editor started.")
    .option("--json", "print one JSON object: {runs}")
    .option("--forget <run>", "forget a run that has ended, by its handle or name; may be repeated", collect)
    .addCommand(exportCommand(exit))
    .addCommand(compareCommand(exit))
    .addCommand(explainCommand(exit))
    .addHelpText("after", help)
    .action(async (options: RunsOptions) => {
      const { connection } = await openSharedServer();
      try {
        for (const name of options.forget ?? [])
          await connection.request("run/forget", { run: (await findRun(connection, name)).run });
        if (options.forget === undefined) {
          const { runs } = await connection.request("run/list", {});
          process.stdout.write(
            options.json ? `${JSON.stringify({ runs }, null, 2)}\n` : `${renderRuns(runs, Date.now()).join("\n")}\n`,
          );
        }
        exit(exitStatus.ok);
      } finally {
        await connection.close();
      }
    });
}

const longestName = 60;

/** Renders one line for each run, oldest first. `at`: now, in milliseconds since 1970. */
export function renderRuns(runs: readonly RunInfo[], at: number): string[] {
  const columns = [
    { title: "RUN" },
    { title: "STATE" },
    ...["DONE", "FAILED", "TOTAL", "TIME"].map((title) => ({ title, align: "right" as const })),
    { title: "NAME" },
  ];
  return renderTable(
    columns,
    runs.map((run) => [
      run.run,
      stateOf(run),
      String(run.done),
      String(run.failed),
      String(run.total),
      formatDuration(Math.max(0, (run.endedAt ?? at) - run.startedAt)),
      oneLine(run.name.length > longestName ? `${run.name.slice(0, longestName - 1)}…` : run.name),
    ]),
  );
}

function stateOf({ state, endedAt }: RunInfo): string {
  return endedAt === null && state !== "running" ? `${state}, ending` : state;
}
