import { Command, InvalidArgumentError } from "commander";
import type { Connection } from "../bindings/typescript/session/connection.js";
import type { ProcessInfo } from "../protocol/process.js";
import { ExitError } from "./exit-error.js";
import { exitStatus } from "./exit-status.js";
import { oneLine } from "../protocol/one-line.js";
import { duration } from "./option-values.js";
import { watchExits } from "./process-exits.js";
import { openSharedServer } from "./server-link.js";
import type { RunInfo } from "../protocol/run.js";
import { UsageError } from "./usage-error.js";

interface KillOptions {
  signal: "TERM" | "KILL";
  grace?: number;
  all?: true;
}

/**
 * How long to wait for the end of a killed process, in milliseconds. Only a problem of the operating system takes
 * longer.
 */
const killedMs = 5000;

const help = `
Each is ended with everything that it started. A pool's worker that is killed costs the pool the
item that it runs, and is replaced; a pool that is killed ends its map. A run is cancelled.
polyproc stop ends the server itself.
With --grace or --signal KILL the command waits until they have ended, and says how.

Exit status: 0 done, 1 one of them was not found or did not end, 2 usage, 69 no server.

Examples:
  $ polyproc kill 4711
  $ polyproc kill nightly --grace 10
  $ polyproc kill pool:s3.1
  $ polyproc kill run:s4.1
  $ polyproc kill --all --signal KILL
`;

export function killCommand(exit: (status: number) => void): Command {
  return new Command("kill")
    .description("Ends processes and runs of the server, named by pid, by name or by handle; or pools, by handle.")
    .argument("[process...]", "pid, name, process:..., pool:... or run:...")
    .option("-s, --signal <name>", "TERM asks, KILL does not", signal, "TERM")
    .option(
      "--grace <duration>",
      "kill those that have not ended after this time, such as 5 (seconds) or 500ms",
      duration,
    )
    .option("--all", "every process and every pool")
    .addHelpText("after", help)
    .action(async (names: string[], options: KillOptions) => exit(await kill(names, options)));
}

function signal(text: string): "TERM" | "KILL" {
  const name = text.toUpperCase().replace(/^SIG/, "");
  if (name === "TERM" || name === "15") return "TERM";
  if (name === "KILL" || name === "9") return "KILL";
  throw new InvalidArgumentError("Expected TERM or KILL.");
}

async function kill(names: string[], options: KillOptions): Promise<number> {
  if (names.length === 0 && !options.all)
    throw new UsageError("say which process: polyproc kill PID, NAME or HANDLE (polyproc ps lists them), or --all");
  if (names.length > 0 && options.all) throw new UsageError("name processes, or use --all: not both");
  const { connection } = await openSharedServer();
  try {
    const { processes } = await connection.request("process/list", { scope: "all" });
    if (options.all) {
      // Terminate the pools, not their workers: a pool replaces its workers.
      const { pools } = await connection.request("pool/list", {});
      const ended = pools.map(({ pool }) => connection.request("pool/terminate", { pool }).catch(ignoreGone));
      const status = await end(
        connection,
        processes.filter(({ role }) => role === "process"),
        options,
      );
      await Promise.all(ended);
      return status;
    }
    let missing = false;
    const found: ProcessInfo[] = [];
    for (const name of new Set(names)) {
      try {
        if (name.startsWith("pool:")) await connection.request("pool/terminate", { pool: name });
        else if (name.startsWith("run:")) await cancelRun(connection, name, options);
        else {
          const { runs } = await connection.request("run/list", {});
          const what = find(processes, runs, name);
          if ("run" in what) await cancelRun(connection, what.run, options);
          else found.push(what);
        }
      } catch (error) {
        process.stderr.write(`polyproc: ${(error as Error).message}\n`);
        missing = true;
      }
    }
    const status = await end(connection, found, options);
    return missing ? exitStatus.failed : status;
  } finally {
    await connection.close();
  }
}

/** Cancels a run. Waits for its end only with --grace or --signal KILL. */
async function cancelRun(connection: Connection, run: string, { signal: name, grace }: KillOptions): Promise<void> {
  const graceMs = name === "KILL" ? 0 : grace;
  await connection.request("run/cancel", { run, ...(graceMs === undefined ? {} : { graceMs }) });
  if (graceMs !== undefined) await connection.request("run/wait", { run, timeoutMs: graceMs + killedMs });
}

/** The one process or run in progress with this name. Throws ExitError. */
function find(processes: readonly ProcessInfo[], runs: readonly RunInfo[], name: string): ProcessInfo | RunInfo {
  const matching = processes.filter((process) =>
    /^\d+$/.test(name) ? process.pid === Number(name) : process.name === name || process.process === name,
  );
  const named = runs.filter((run) => run.name === name && run.endedAt === null);
  if (named.length > 0 && named.length + matching.length > 1)
    throw new ExitError(
      exitStatus.failed,
      `${named.length + matching.length} processes and runs are called ${JSON.stringify(name)}; name one by its ` +
        `handle or pid: ${[...named.map(({ run }) => run), ...matching.map(({ pid }) => pid ?? "-")].join(", ")}`,
    );
  if (named.length === 1) return named[0]!;
  if (matching.length === 1) return matching[0]!;
  if (matching.length === 0)
    throw new ExitError(
      exitStatus.failed,
      /^\d+$/.test(name)
        ? `no process of this server is pid ${name}; polyproc ps lists them`
        : `no process and no run in progress of this server is ${JSON.stringify(name)}; ` +
            "polyproc ps and polyproc runs list them",
    );
  throw new ExitError(
    exitStatus.failed,
    `${matching.length} processes are called ${JSON.stringify(name)}; name one by its pid: ` +
      `${matching.map(({ pid }) => pid ?? "-").join(", ")}`,
  );
}

async function end(
  connection: Connection,
  processes: readonly ProcessInfo[],
  { signal: name, grace }: KillOptions,
): Promise<number> {
  const waits = name === "KILL" || grace !== undefined;
  const exits = waits ? await watchExits(connection, processes, (grace ?? 0) + killedMs) : null;
  // A pool's commands have handles that the server's process requests do not accept: name them by pid.
  await Promise.all(
    processes.map(({ pid, process: handle }) => {
      const which = pid === null ? { process: handle } : { pid };
      const request =
        name === "KILL"
          ? connection.request("process/kill", which)
          : connection.request("process/terminate", { ...which, ...(grace === undefined ? {} : { graceMs: grace }) });
      return request.catch(ignoreGone);
    }),
  );
  if (!exits) {
    for (const { pid, name: called } of processes)
      process.stdout.write(`${pid ?? "-"} ${oneLine(called)}: sent SIGTERM\n`);
    return exitStatus.ok;
  }
  let status: number = exitStatus.ok;
  const reasons = await exits.reasons;
  for (const { pid, name: called, process: handle } of processes) {
    const reason = reasons.get(handle);
    if (reason === undefined) status = exitStatus.failed;
    process.stdout.write(`${pid ?? "-"} ${oneLine(called)}: ${reason ?? "has not ended yet"}\n`);
  }
  return status;
}

/** The process ended by itself first. */
function ignoreGone(error: Error): void {
  if (error.name !== "UnknownHandle") throw error;
}
