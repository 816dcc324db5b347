import { Command } from "commander";
import type { Connection } from "../bindings/typescript/session/connection.js";
import { describeStack } from "../protocol/describe-stack.js";
import { objectName } from "../protocol/describe-wait.js";
import { oneLine } from "../protocol/one-line.js";
import type { ProcessInfo } from "../protocol/process.js";
import type { StackReading } from "../protocol/stack.js";
import { ExitError } from "./exit-error.js";
import { exitStatus } from "./exit-status.js";
import { openSharedServer } from "./server-link.js";

const help = `
The functions go on while they are looked at, twice, a tenth of a second apart. Commands have no
stack, nor have programs that the server did not start. With what each one waits for, as in
polyproc ps --why.

Exit status: 0 all shown, 1 one was not found or cannot be read, 2 usage, 69 no server.

Examples:
  $ polyproc stack
  $ polyproc stack 4711
  $ polyproc stack run:s4.1
  $ polyproc stack run:s4.1/12
`;

export function stackCommand(exit: (status: number) => void): Command {
  return new Command("stack")
    .description("Shows where running functions of Node and Python are; without a name, all of them.")
    .argument("[process...]", "pid, name, process:..., pool:..., run:... or an item, run:.../INDEX")
    .option("--json", "print one JSON list: {process, pid, name, samples, note} or {process, pid, name, error}")
    .addHelpText("after", help)
    .action(async (names: string[], { json }: { json?: true }) => exit(await stack(names, json ?? false)));
}

type Read = { process: ProcessInfo; reading: StackReading } | { process: ProcessInfo; error: string };

async function stack(names: readonly string[], json: boolean): Promise<number> {
  const { connection } = await openSharedServer();
  try {
    const { processes } = await connection.request("process/list", { scope: "all" });
    const running = processes.filter(({ state, role }) => state === "running" && role !== "host");
    const [found, missing] = await choose(connection, running, names);
    const reads = await Promise.all(found.map((process) => read(connection, process)));
    process.stdout.write(json ? `${toJson(reads)}\n` : await toText(connection, reads));
    for (const name of missing) process.stderr.write(`polyproc: ${name}\n`);
    return missing.length > 0 || reads.some((one) => "error" in one) ? exitStatus.failed : exitStatus.ok;
  } finally {
    await connection.close();
  }
}

/** The processes with these names, and what is to be said of names without any. */
async function choose(
  connection: Connection,
  running: readonly ProcessInfo[],
  names: readonly string[],
): Promise<[ProcessInfo[], string[]]> {
  if (names.length === 0) {
    const all = running.filter(
      ({ runtime, role, task }) => runtime !== "command" && (role !== "worker" || task !== null),
    );
    if (all.length === 0) throw new ExitError(exitStatus.failed, "no function runs; polyproc ps lists all processes");
    return [all, []];
  }
  const found = new Set<ProcessInfo>();
  const missing: string[] = [];
  for (const name of names) {
    const matching = await find(connection, running, name);
    for (const process of matching) found.add(process);
    if (matching.length === 0)
      missing.push(`nothing that runs on this server is ${JSON.stringify(name)}; polyproc ps lists what runs`);
  }
  return [[...found], missing];
}

async function find(connection: Connection, running: readonly ProcessInfo[], name: string): Promise<ProcessInfo[]> {
  const item = /^(run:[^/]+)\/(\d+)$/.exec(name);
  if (item) {
    const [, run, index] = item;
    const { entries } = await connection.request("run/read", { run: run!, since: 0, timeoutMs: 0, limit: 10_000 });
    const entry = entries.find((one) => one.index === Number(index) && one.state === "running");
    return running.filter(({ pid }) => entry !== undefined && pid === entry.pid);
  }
  const { pools } = await connection.request("pool/list", {});
  const meant = new Set(pools.filter(({ pool, run }) => pool === name || run === name).map(({ pool }) => pool));
  if (meant.size > 0) return running.filter(({ pool, task }) => pool !== null && meant.has(pool) && task !== null);
  return running.filter(({ pid, name: called, process }) =>
    /^\d+$/.test(name) ? pid === Number(name) : called === name || process === name,
  );
}

async function read(connection: Connection, process: ProcessInfo): Promise<Read> {
  try {
    return { process, reading: await connection.request("process/stack", { process: process.process }) };
  } catch (error) {
    return { process, error: (error as Error).message };
  }
}

async function toText(connection: Connection, reads: readonly Read[]): Promise<string> {
  const [{ waits }, { deadlocks }] = await Promise.all([
    connection.request("server/waits", {}),
    connection.request("deadlock/list", {}),
  ]);
  const texts = reads.map((one) => {
    const { name, pid, runtime, target, process: handle, task } = one.process;
    const doing = task === null ? target : `item ${task.index} of ${target || task.job}`;
    const heading = oneLine(`${name} (pid ${pid}, ${runtime})${doing === "" ? "" : `: ${doing}`}`);
    const why = waits
      .filter(({ process }) => process === handle)
      .map(({ text, deadlock }) => (deadlock === null ? text : `${text} (deadlock ${deadlock})`));
    if ("error" in one) return [heading, ...why.map((text) => `  ${text}`), `  ${oneLine(one.error)}`];
    return describeStack(heading, one.reading, why);
  });
  const cycles = deadlocks.map(({ deadlock, cycle }) => {
    const parties = cycle.map(
      ({ name, pid, waitsFor }) => `${oneLine(name)} (${pid ?? "?"}) waits for ${objectName(waitsFor)}`,
    );
    return `deadlock ${deadlock}: ${parties.join("; ")}`;
  });
  return [...(cycles.length === 0 ? [] : [cycles]), ...texts].map((lines) => `${lines.join("\n")}\n`).join("\n");
}

function toJson(reads: readonly Read[]): string {
  return JSON.stringify(
    reads.map((one) => {
      const { process, pid, name } = one.process;
      return { process, pid, name, ...("error" in one ? { error: one.error } : one.reading) };
    }),
    null,
    2,
  );
}
