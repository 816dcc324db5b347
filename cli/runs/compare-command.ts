import { Command } from "commander";
import { compareRuns, comparisonText } from "../../bindings/typescript/runs/compare.js";
import { insights } from "../../bindings/typescript/runs/insight.js";
import { readRun } from "../../bindings/typescript/runs/read-run.js";
import { exitStatus } from "../exit-status.js";
import { openSharedServer } from "../server-link.js";
import { UsageError } from "../usage-error.js";
import { findRun } from "./find-run.js";

const help = `
Items are the same if their texts are. Exit status 1: an item failed that had not failed before.

Examples:
  $ polyproc runs compare run:s4.1 run:s9.1
  $ polyproc runs compare run:s4.1 run:s9.1 --slower 1.2
`;

/** `polyproc runs compare`. */
export function compareCommand(exit: (status: number) => void): Command {
  return new Command("compare")
    .summary("what changed from one run to another")
    .description("Lists the items that newly failed, newly passed, or became slower from the first run to the second.")
    .argument("<before>", "handle or name of the first run")
    .argument("<after>", "handle or name of the second run")
    .option("--slower <factor>", "list items that took more than this many times as long", factorOf, 1.5)
    .addHelpText("after", help)
    .action(async (before: string, after: string, { slower }: { slower: number }) => {
      const { connection } = await openSharedServer();
      try {
        const [first, second] = [await findRun(connection, before), await findRun(connection, after)];
        const comparison = compareRuns(await readRun(connection, first), await readRun(connection, second), slower);
        process.stdout.write(`${comparisonText(comparison, slower).join("\n")}\n`);
        exit(comparison.newlyFailed.length > 0 ? exitStatus.failed : exitStatus.ok);
      } finally {
        await connection.close();
      }
    });
}

/** `polyproc runs explain`. */
export function explainCommand(exit: (status: number) => void): Command {
  return new Command("explain")
    .summary("why a run took as long as it did")
    .description("Tells what the items of a run waited for, and which worker had nothing to do.")
    .argument("<run>", "its handle (run:...) or its name")
    .action(async (name: string) => {
      const { connection } = await openSharedServer();
      try {
        const info = await findRun(connection, name);
        const waits = await connection.request("run/waits", { run: info.run });
        const lines = insights(await readRun(connection, info), waits);
        process.stdout.write(`${(lines.length === 0 ? ["nothing stands out"] : lines).join("\n")}\n`);
        exit(exitStatus.ok);
      } finally {
        await connection.close();
      }
    });
}

function factorOf(text: string): number {
  const factor = Number(text);
  if (!(factor >= 1)) throw new UsageError(`--slower must be a number from 1 up; got ${JSON.stringify(text)}`);
  return factor;
}
