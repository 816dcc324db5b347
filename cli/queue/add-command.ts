import { Command } from "commander";
import { getPriority } from "node:os";
import { addSpellings } from "../spellings.js";
import { ownLimits } from "../surroundings.js";
import { UsageError } from "../usage-error.js";
import { withQueue } from "./open-queue.js";
import { scheduleOf, scheduleOptions, type ScheduleOptions } from "./schedule-options.js";

const help = `
The command runs in this folder with this environment, umask, niceness and limits (ulimit), when its
group has a free slot: the group "default" runs one at a time. It needs no terminal and no client.
Its output goes to a log. When the server ends or the machine is switched off, what was queued stays
queued; what ran is then "lost", and runs again only when you say so (polyproc restart ID).
The hook finds POLYPROC_QUEUE_ID, _NAME, _GROUP, _STATE, _EXIT_CODE, _REASON, _SECONDS and _COMMAND
in its environment.

Prints the number of the entry. Exit status: 0 it is stored, 1 it is not, 2 usage, 69 no server.

Examples:
  $ polyproc add -- make -j8
  $ polyproc add --after 3 --hook 'notify-send "$POLYPROC_QUEUE_STATE"' -- sh -c 'gzip *.log'
  $ polyproc add --at 22:00 --group disk -- rsync -a ./ /backup/
`;

/** `polyproc add`. `command`: the arguments after `--`. */
export function addCommand(command: readonly string[] | null): Command {
  const called = scheduleOptions(new Command("add"))
    .description("Adds a command to your queue, which outlives this terminal, the server and a reboot.")
    .usage("[options] -- COMMAND [ARGUMENT...]")
    .option("--hold", "do not start it before polyproc resume ID")
    .option("--json", "print the entry as a JSON object")
    .allowExcessArguments()
    .addHelpText("after", help)
    .action(async (options: ScheduleOptions & { hold?: true; json?: true }, { args }: Command) => {
      if (args.length > 0 || !command?.[0])
        throw new UsageError("say what to run after --: polyproc add -- COMMAND ARGUMENTS");
      const schedule = scheduleOf(options);
      await withQueue(async (connection) => {
        const { entry } = await connection.request("batch/add", {
          command: [...command],
          cwd: process.cwd(),
          env: ownEnvironment(),
          umask: process.umask(),
          nice: getPriority(),
          limits: ownLimits(),
          ...schedule,
          ...(options.hold ? { held: true } : {}),
        });
        process.stdout.write(options.json ? `${JSON.stringify(entry)}\n` : `${entry.entry}\n`);
      });
    });
  return addSpellings(called, { "--hold": ["-s", "--stashed"] });
}

/** Without the variables that name this process's server: the command gets those of the server that runs it. */
function ownEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined && !/^POLYPROC_(ADDRESS|TOKEN|SERVE|INSTANCE|CHILD|CLUSTER.*|QUEUE_.*)$/.test(entry[0]),
    ),
  );
}
