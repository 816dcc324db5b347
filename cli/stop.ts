import { Command } from "commander";
import type { Connection } from "../bindings/typescript/session/connection.js";
import { exitStatus } from "./exit-status.js";
import { duration } from "./option-values.js";
import { openRunningServer } from "./server-link.js";

const help = `
It ends every process, pool and run of the server, and the clients lose their connection. The
command returns once the server has ended. A server that POLYPROC_SERVE would start is not started.

Exit status: 0 the server has ended (with --when-alone: will end), 69 no server.

Examples:
  $ polyproc stop
  $ polyproc stop --when-alone 10m
  $ POLYPROC_ADDRESS=unix:/tmp/me/polyproc.sock polyproc stop
`;

export function stopCommand(exit: (status: number) => void): Command {
  return new Command("stop")
    .description("Ends the server of POLYPROC_ADDRESS, or the one on the default socket, with all that it runs.")
    .option(
      "--when-alone <duration>",
      "not now, but once no client has been connected for this time, such as 10m, even if children still run",
      duration,
    )
    .addHelpText("after", help)
    .action(async ({ whenAlone }: { whenAlone?: number }) => {
      await stop(whenAlone);
      exit(exitStatus.ok);
    });
}

async function stop(whenAloneMs: number | undefined): Promise<void> {
  const { connection, address } = await openRunningServer("so there is nothing to stop");
  const { pid } = await connection.request("server/status", {});
  if (whenAloneMs !== undefined) {
    await connection.request("server/stop", { whenAloneMs });
    await connection.close();
    process.stdout.write(
      `${address}: server ${pid} ends once no client has been connected for ${whenAloneMs / 1000} s\n`,
    );
    return;
  }
  const running = await whatRuns(connection);
  await connection.request("server/stop", {});
  await connection.closed;
  process.stdout.write(`${address}: server ${pid} has ended${running === "" ? "" : `, with ${running}`}\n`);
}

/** `2 processes and 1 run`; empty if nothing runs. */
async function whatRuns(connection: Connection): Promise<string> {
  const { processes } = await connection.request("process/list", { scope: "all" });
  const { runs } = await connection.request("run/list", {});
  const started = processes.filter(({ role }) => role === "process" || role === "task").length;
  const unfinished = runs.filter(({ endedAt }) => endedAt === null).length;
  return [counted(started, "process", "processes"), counted(unfinished, "run", "runs")].filter(Boolean).join(" and ");
}

function counted(count: number, one: string, many: string): string {
  return count === 0 ? "" : `${count} ${count === 1 ? one : many}`;
}
