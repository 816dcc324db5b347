import { Command, Option } from "commander";
import type { Connection } from "../../bindings/typescript/session/connection.js";
import { exitStatus } from "../exit-status.js";
import { duration } from "../option-values.js";
import { clusterAddress } from "../cluster-address.js";
import { renderCluster } from "../ps/cluster.js";
import { readState, readStateOnce } from "../ps/server-state.js";
import { openAnyServer, openSharedServer } from "../server-link.js";
import { renderTop } from "./render-top.js";
import { Screen } from "./screen.js";

interface TopOptions {
  interval: number;
  cluster?: string | true;
}

const help = `
Press q to quit. When standard output is not a terminal, top prints the state once and ends.

Examples:
  $ polyproc top
  $ polyproc top --interval 500ms
  $ polyproc top --cluster redis://127.0.0.1
`;

export function topCommand(exit: (status: number) => void): Command {
  return new Command("top")
    .description("Shows the server's processes, the busiest first, and its pools, again and again.")
    .addOption(
      new Option("--interval <duration>", "time between two looks, such as 2 (seconds) or 500ms")
        .argParser(duration)
        .default(1000, "1 s"),
    )
    .option("--cluster [address]", "watch the hosts and pools of a cluster (default address: POLYPROC_CLUSTER)")
    .addHelpText("after", help)
    .action(async ({ interval, cluster }: TopOptions) => {
      const look = cluster === undefined ? await lookAtServer() : await lookAtCluster(clusterAddress(cluster));
      try {
        const { stdin, stdout } = process;
        if (stdout.isTTY && stdin.isTTY) await watch(look.again, new Screen(stdin, stdout), Math.max(interval, 100));
        else stdout.write(`${(await look.once()).join("\n")}\n`);
        exit(exitStatus.ok);
      } finally {
        await look.connection.close();
      }
    });
}

/** What is shown, as lines. `once`: with rates that need two readings. */
interface Look {
  readonly connection: Connection;
  once(): Promise<string[]>;
  again(): Promise<string[]>;
}

async function lookAtServer(): Promise<Look> {
  const { connection, address } = await openSharedServer();
  return {
    connection,
    once: async () => renderTop(await readStateOnce(connection, false), address!),
    again: async () => renderTop(await readState(connection, false), address!),
  };
}

async function lookAtCluster(cluster: string): Promise<Look> {
  const { connection } = await openAnyServer();
  const look = async () => renderCluster(await connection.request("cluster/hosts", { cluster }));
  return { connection, once: look, again: look };
}

/** Redraws until the user quits or the server ends. */
async function watch(look: () => Promise<string[]>, screen: Screen, intervalMs: number): Promise<void> {
  screen.open();
  try {
    // CPU is measured between two readings. The first has no earlier one, so the second follows soon.
    for (let wait = Math.min(250, intervalMs); ; wait = intervalMs) {
      screen.show(await look());
      if (await screen.quitWithin(wait)) return;
    }
  } finally {
    screen.close();
  }
}
