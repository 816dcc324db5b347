import { Command, Option } from "commander";
import type { Connection } from "../../bindings/typescript/session/connection.js";
import { exitStatus } from "../exit-status.js";
import { duration } from "../option-values.js";
import { readState, readStateOnce } from "../ps/server-state.js";
import { openSharedServer } from "../server-link.js";
import { renderTop } from "./render-top.js";
import { Screen } from "./screen.js";

interface TopOptions {
  interval: number;
}

const help = `
Press q to quit. When standard output is not a terminal, top prints the state once and ends.

Examples:
  $ polyproc top
  $ polyproc top --interval 500ms
`;

export function topCommand(exit: (status: number) => void): Command {
  return new Command("top")
    .summary("watch the server's processes")
    .description("Shows the server's processes, the busiest first, and its pools, again and again.")
    .addOption(
      new Option("--interval <duration>", "time between two looks, such as 2 (seconds) or 500ms")
        .argParser(duration)
        .default(1000, "1 s"),
    )
    .addHelpText("after", help)
    .action(async ({ interval }: TopOptions) => {
      const { connection, address } = await openSharedServer();
      try {
        const { stdin, stdout } = process;
        if (stdout.isTTY && stdin.isTTY)
          await watch(connection, address!, new Screen(stdin, stdout), Math.max(interval, 100));
        else stdout.write(`${renderTop(await readStateOnce(connection, false), address!).join("\n")}\n`);
        exit(exitStatus.ok);
      } finally {
        await connection.close();
      }
    });
}

/** Redraws until the user quits or the server ends. */
async function watch(connection: Connection, address: string, screen: Screen, intervalMs: number): Promise<void> {
  screen.open();
  try {
    // CPU is measured between two readings. The first has no earlier one, so the second follows soon.
    for (let wait = Math.min(250, intervalMs); ; wait = intervalMs) {
      screen.show(renderTop(await readState(connection, false), address));
      if (await screen.quitWithin(wait)) return;
    }
  } finally {
    screen.close();
  }
}
