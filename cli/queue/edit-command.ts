import { Command } from "commander";
import { UsageError } from "../usage-error.js";
import { editText } from "./edit-text.js";
import { entryNumbers } from "./entry-numbers.js";
import { quoted } from "../quoted.js";
import { chosenEntries } from "./chosen-entries.js";
import { withQueue } from "./open-queue.js";
import { scheduleOf, scheduleOptions, type ScheduleOptions } from "./schedule-options.js";

const help = `
Without options and without a command it opens the entry as JSON in $VISUAL or $EDITOR. An entry that
has ended is not started by it: polyproc restart ID does that.

Examples:
  $ polyproc edit 3 -- make -j4
  $ polyproc edit 3 --priority 10 --after 1,2
  $ polyproc edit 3
`;

/** `polyproc edit`. `command`: the arguments after `--`. */
export function editCommand(command: readonly string[] | null): Command {
  return scheduleOptions(new Command("edit"))
    .description("Changes an entry of your queue that does not run.")
    .usage("ID [options] [-- COMMAND [ARGUMENT...]]")
    .argument("<id>", "the entry")
    .option("--now", "do not wait for a time any more")
    .option("--json", "print the entry as a JSON object")
    .addHelpText("after", help)
    .action(async (id: string, options: ScheduleOptions & { now?: true; json?: true }) => {
      const [entry, another] = entryNumbers([id]);
      if (entry === undefined || another !== undefined) throw new UsageError(`name one entry; got ${id}`);
      if (command !== null && !command[0]) throw new UsageError("say what to run after --");
      const given = {
        ...scheduleOf(options),
        ...(options.now ? { notBefore: null } : {}),
        ...(command ? { command: [...command] } : {}),
      };
      await withQueue(async (connection) => {
        const changes =
          Object.keys(given).length > 0
            ? given
            : await editText(chosenEntries(await connection.request("batch/list", {}), [id])[0]!);
        const { entry: changed } = await connection.request("batch/edit", { entry, ...changes });
        process.stdout.write(options.json ? `${JSON.stringify(changed)}\n` : `${entry}: ${quoted(changed.command)}\n`);
      });
    });
}
