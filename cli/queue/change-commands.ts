import { Command } from "commander";
import type { Connection } from "../../bindings/typescript/session/connection.js";
import type { BatchEntryInfo } from "../../protocol/batch.js";
import { UsageError } from "../usage-error.js";
import { entryNumbers } from "./entry-numbers.js";
import { withQueue } from "./open-queue.js";

interface WhichOptions {
  group?: string;
  running?: true;
  paused?: true;
  json?: true;
}

const pauseHelp = `
Without an ID no further entry starts. Those that run go on, or are stopped with --running. With IDs,
the processes of entries that run are stopped, and entries that are queued are held. polyproc resume
undoes it.

Examples:
  $ polyproc pause
  $ polyproc pause --group disk --running
  $ polyproc pause 3 5
`;

export function pauseCommand(): Command {
  return whichCommand("pause", "batch/pause", "paused", [
    "--running",
    "also stop the processes of all its entries that run",
  ])
    .description("Pauses your whole queue, one group of it, or entries.")
    .addHelpText("after", pauseHelp);
}

const resumeHelp = `
Without an ID all groups go on. Entries that were held need their IDs, and so do those that were stopped,
unless --paused is given.

Examples:
  $ polyproc resume
  $ polyproc resume --paused
  $ polyproc resume 3
`;

export function resumeCommand(): Command {
  return whichCommand("resume", "batch/resume", "resumed", [
    "--paused",
    "also continue all its entries that are stopped",
  ])
    .description("Undoes pause, and lets entries start that were added with --hold.")
    .addHelpText("after", resumeHelp);
}

const restartHelp = `
An entry keeps its number; its log begins anew. Exit status: 0 they are queued, 1 one of them has not
ended.

Examples:
  $ polyproc restart 3
  $ polyproc restart --lost
`;

export function restartCommand(): Command {
  return new Command("restart")
    .description("Queues entries that have ended again.")
    .argument("[id...]", "these entries, such as 3, 3-7 or 3,5")
    .option("--lost", "all that ran when a server ended")
    .option("--failed", "all that have failed, or were skipped for that")
    .option("--json", "print a JSON object: {entries}")
    .addHelpText("after", restartHelp)
    .action(async (ids: string[], options: { lost?: true; failed?: true; json?: true }) => {
      const states = [...(options.lost ? ["lost"] : []), ...(options.failed ? ["failed", "skipped"] : [])];
      if (ids.length === 0 && states.length === 0)
        throw new UsageError("say which: polyproc restart ID, --lost or --failed (polyproc status lists them)");
      await withQueue(async (connection) => {
        const entries = await named(connection, ids, ({ state }) => states.includes(state));
        await connection.request("batch/restart", { entries });
        tell("queued again", entries, options.json);
      });
    });
}

const removeHelp = `
An entry that runs is ended first: polyproc kill queue:ID. The queue itself forgets the oldest of more
than 1000 entries that have ended.

Examples:
  $ polyproc remove 3
  $ polyproc remove --ended
`;

export function removeCommand(): Command {
  return new Command("remove")
    .description("Forgets entries that do not run, with their logs.")
    .argument("[id...]", "these entries, such as 3, 3-7 or 3,5")
    .option("--ended", "all that have ended")
    .option("--done", "all that have succeeded")
    .option("-g, --group <name>", "with --ended and --done: only those of this group")
    .option("--json", "print a JSON object: {entries}")
    .addHelpText("after", removeHelp)
    .action(async (ids: string[], options: { ended?: true; done?: true; group?: string; json?: true }) => {
      const { ended, done, group } = options;
      if (ids.length === 0 && !ended && !done)
        throw new UsageError("say which: polyproc remove ID, --ended or --done (polyproc status lists them)");
      if (ids.length > 0 && group !== undefined)
        throw new UsageError("--group is for --ended and --done: leave it out, or the numbers");
      const isChosen = ({ endedAt, state, group: its }: BatchEntryInfo) =>
        (group === undefined || its === group) &&
        ((ended && (endedAt !== null || state === "lost")) || (done && state === "done")) === true;
      await withQueue(async (connection) => {
        const entries = await named(connection, ids, isChosen);
        await connection.request("batch/remove", { entries });
        tell("removed", entries, options.json);
      });
    });
}

/** A command for entries, a group or the whole queue. `all`: its flag for entries that are not named, and its help. */
function whichCommand(
  name: string,
  method: "batch/pause" | "batch/resume",
  done: string,
  all: readonly [flag: string, help: string],
): Command {
  return new Command(name)
    .argument("[id...]", "these entries, such as 3, 3-7 or 3,5")
    .option("-g, --group <name>", "this group")
    .option(...all)
    .option("--json", "print a JSON object: {entries} or {groups}")
    .action((ids: string[], options: WhichOptions) => changeWhich(method, done, ids, options));
}

async function changeWhich(
  method: "batch/pause" | "batch/resume",
  done: string,
  ids: readonly string[],
  { group, running, paused, json }: WhichOptions,
): Promise<void> {
  if (ids.length > 0 && group !== undefined) throw new UsageError("name entries, or a group with --group: not both");
  if (ids.length > 0 && (running || paused))
    throw new UsageError(`${running ? "--running" : "--paused"} is for all entries: leave it out, or the numbers`);
  const entries = entryNumbers(ids);
  await withQueue(async (connection) => {
    await connection.request(method, {
      ...(ids.length === 0 ? {} : { entries }),
      ...(group === undefined ? {} : { group }),
    });
    if (ids.length > 0) tell(done, entries, json);
    else {
      const { groups, entries: all } = await connection.request("batch/list", {});
      const state = running ? "running" : paused ? "paused" : null;
      const chosen = all.filter((entry) => entry.state === state && (group === undefined || entry.group === group));
      if (chosen.length > 0) await connection.request(method, { entries: chosen.map(({ entry }) => entry) });
      const names = groups.map((each) => each.group).filter((name) => group === undefined || name === group);
      process.stdout.write(json ? `${JSON.stringify({ groups: names })}\n` : `${done}: group ${names.join(", ")}\n`);
    }
  });
}

/** The numbers that were given, and those of the entries that are chosen. */
async function named(
  connection: Connection,
  ids: readonly string[],
  chosen: (entry: BatchEntryInfo) => boolean,
): Promise<number[]> {
  const { entries } = await connection.request("batch/list", {});
  return [...new Set([...entryNumbers(ids), ...entries.filter(chosen).map(({ entry }) => entry)])];
}

function tell(done: string, entries: readonly number[], json: true | undefined): void {
  process.stdout.write(json ? `${JSON.stringify({ entries })}\n` : `${done}: ${entries.join(", ") || "none"}\n`);
}
