import { Command } from "commander";
import { exitStatus } from "../exit-status.js";
import { openSharedServer } from "../server-link.js";
import { renderTable } from "../table.js";
import { clusterAddress } from "../cluster-address.js";
import { clusterText } from "./cluster.js";
import { processCells, processColumns, processName } from "./process-row.js";
import { renderTree } from "./process-tree.js";
import { whyText } from "./why.js";
import { readStateOnce, type ServerState } from "./server-state.js";

interface PsOptions {
  json?: true;
  tree?: true;
  all?: true;
  why?: true;
  cluster?: string | true;
}

const help = `
CPU is in percent of one core, over a quarter of a second, and memory is resident; both with the
process's descendants.

Examples:
  $ polyproc ps
  $ polyproc ps --tree
  $ polyproc ps --why
  $ polyproc ps --json | jq '.processes[] | select(.state == "running") | .pid'
`;

export function psCommand(exit: (status: number) => void): Command {
  return new Command("ps")
    .description("Lists the processes of the server: pid, name, state, age, CPU, memory and what they run.")
    .option("--json", "print one JSON object: {server, processes, pools, sessions}")
    .option("--tree", "show which client and which process started which, down to what the server did not start itself")
    .option("-a, --all", "also warm hosts, and processes that have ended")
    .option("--why", "what each process and each queued task waits for, and which process can end the wait")
    .option("--cluster [address]", "list the hosts and pools of a cluster (default address: POLYPROC_CLUSTER)")
    .addHelpText("after", help)
    .action(async (options: PsOptions) => {
      if (options.cluster !== undefined) {
        process.stdout.write(await clusterText(clusterAddress(options.cluster), options.json ?? false));
        exit(exitStatus.ok);
        return;
      }
      const { connection } = await openSharedServer();
      try {
        if (options.why) {
          process.stdout.write(await whyText(connection, options.json ?? false));
          exit(exitStatus.ok);
          return;
        }
        const state = await readStateOnce(connection, options.all ?? false);
        const text = options.json ? toJson(state) : (options.tree ? renderTree(state) : renderList(state)).join("\n");
        process.stdout.write(`${text}\n`);
        exit(exitStatus.ok);
      } finally {
        await connection.close();
      }
    });
}

/** One line for each process, the oldest first. */
export function renderList(state: ServerState): string[] {
  const rows = state.processes
    .toSorted((a, b) => a.startedAt - b.startedAt)
    .map((process) => [String(process.pid ?? "-"), processName(process), ...processCells(process, state)]);
  return renderTable([{ title: "PID", align: "right" }, { title: "NAME" }, ...processColumns], rows);
}

function toJson({ server, processes, pools, sessions, usage }: ServerState): string {
  return JSON.stringify(
    {
      server,
      processes: processes.map((process) => ({ ...process, usage: usage.get(process.process) ?? null })),
      pools,
      sessions,
    },
    null,
    2,
  );
}
