import { Command } from "commander";
import { wholeNumber } from "../option-values.js";
import { UsageError } from "../usage-error.js";
import { withQueue } from "./open-queue.js";
import { describeGroup } from "./status-command.js";

interface GroupOptions {
  jobs?: number;
  hook?: string;
  json?: true;
}

const help = `
Each group has slots of its own: how many of its entries run at a time. polyproc pause --group NAME
pauses one. The hook of a group runs at the end of each entry that has none itself.

Examples:
  $ polyproc group add disk -j 2
  $ polyproc group set default -j 4 --hook 'notify-send "$POLYPROC_QUEUE_COMMAND"'
  $ polyproc group
`;

export function groupCommand(): Command {
  const json = (command: Command) => command.option("--json", "print the groups as JSON");
  const settings = (command: Command) =>
    json(command)
      .option("-j, --jobs <n>", "how many of its entries run at a time (default: 1)", wholeNumber(1, 4096))
      .option("--hook <command>", 'shell command that runs at the end of each entry; "" for none');
  return json(new Command("group"))
    .description("Lists the groups of your queue; group add, set and remove change them.")
    .addHelpText("after", help)
    .action((options: GroupOptions) => list(options.json))
    .addCommand(
      settings(new Command("add"))
        .summary("make a group")
        .argument("<name>", "letters, digits, dots, dashes and underscores")
        .action((name: string, options: GroupOptions) => change(name, options, true)),
    )
    .addCommand(
      settings(new Command("set"))
        .summary("change a group")
        .argument("<name>", "the group")
        .action((name: string, options: GroupOptions) => change(name, options, false)),
    )
    .addCommand(
      json(new Command("remove"))
        .summary("remove a group that has no entries")
        .argument("<name>", "the group")
        .action(async (name: string, options: GroupOptions) => {
          await withQueue((connection) => connection.request("batch/removeGroup", { group: name }));
          await list(options.json);
        }),
    );
}

async function change(name: string, { jobs, hook, json }: GroupOptions, isNew: boolean): Promise<void> {
  await withQueue(async (connection) => {
    const { groups } = await connection.request("batch/list", {});
    const exists = groups.some(({ group }) => group === name);
    if (exists === isNew)
      throw new UsageError(
        isNew ? `there is a group ${name} already: change it with polyproc group set` : `there is no group ${name}`,
      );
    const { group } = await connection.request("batch/setGroup", {
      group: name,
      ...(jobs === undefined ? {} : { slots: jobs }),
      ...(hook === undefined ? {} : { hook: hook === "" ? null : hook }),
    });
    process.stdout.write(`${json ? JSON.stringify(group) : describeGroup(group)}\n`);
  });
}

async function list(json: true | undefined): Promise<void> {
  await withQueue(async (connection) => {
    const { groups } = await connection.request("batch/list", {});
    process.stdout.write(json ? `${JSON.stringify({ groups })}\n` : `${groups.map(describeGroup).join("\n")}\n`);
  });
}
