import { Command } from "commander";
import type { BatchEntryInfo, BatchGroupInfo } from "../../protocol/batch.js";
import { formatDuration } from "../../protocol/duration.js";
import { oneLine } from "../../protocol/one-line.js";
import { quoted } from "../quoted.js";
import { renderTable } from "../table.js";
import { chosenEntries } from "./chosen-entries.js";
import { withQueue } from "./open-queue.js";

const help = `
held: waits for polyproc resume. queued: waits for a slot, a time or another entry. paused: stopped.
lost: it ran when the server ended. skipped: an entry that it was to follow has failed.
Commands are quoted, so they can be pasted into a shell. A list on a terminal cuts long ones.

Examples:
  $ polyproc status
  $ polyproc status --group disk
  $ polyproc status 3 --json
`;

export function statusCommand(): Command {
  return new Command("status")
    .description("Shows the entries of your queue, and its groups.")
    .argument("[id...]", "only these entries, such as 3, 3-7 or 3,5")
    .option("-g, --group <name>", "only the entries of this group")
    .option("--json", "print one JSON object: {entries, groups, folder, notices}")
    .addHelpText("after", help)
    .action((ids: string[], { group, json }: { group?: string; json?: true }) =>
      withQueue(async (connection) => {
        const { revision: _, ...queue } = await connection.request("batch/list", {});
        const entries = chosenEntries(queue, ids, group);
        if (json) {
          process.stdout.write(`${JSON.stringify({ ...queue, entries }, null, 2)}\n`);
          return;
        }
        for (const notice of queue.notices) process.stderr.write(`polyproc: ${notice}\n`);
        const groups = queue.groups.filter((each) => group === undefined || each.group === group);
        const longest = process.stdout.isTTY && ids.length === 0 ? longestCommand : Infinity;
        process.stdout.write(`${renderQueue(entries, groups, Date.now(), longest).join("\n")}\n`);
      }),
    );
}

/** Of a list on a terminal, in characters. Elsewhere, and of entries that are named, commands are whole. */
const longestCommand = 60;

/** `at`: now, in milliseconds since 1970. */
export function renderQueue(
  entries: readonly BatchEntryInfo[],
  groups: readonly BatchGroupInfo[],
  at: number,
  longest = Infinity,
): string[] {
  const table = renderTable(
    [
      { title: "ID", align: "right" },
      { title: "STATE" },
      { title: "GROUP" },
      { title: "TIME", align: "right" },
      { title: "COMMAND" },
    ],
    entries.map((entry) => [
      String(entry.entry),
      stateOf(entry, at),
      entry.group,
      entry.startedAt === null ? "" : formatDuration(Math.max(0, (entry.endedAt ?? at) - entry.startedAt)),
      shownCommand(entry, longest),
    ]),
  );
  return [...table, ...groups.map((group) => describeGroup(group))];
}

export function describeGroup({ group, slots, paused, hook }: BatchGroupInfo): string {
  const more = `${paused ? ", paused" : ""}${hook === null ? "" : `, hook: ${oneLine(hook)}`}`;
  return `group ${group}: ${slots} at a time${more}`;
}

function stateOf({ state, exitCode, after, notBefore, priority, reason }: BatchEntryInfo, at: number): string {
  if (state === "failed")
    return exitCode === null ? "failed" : exitCode < 0 ? (reason ?? "failed") : `failed (${exitCode})`;
  if (state === "skipped" && reason) return `skipped: ${reason}`;
  if (state !== "queued" && state !== "held") return state;
  const waits = [
    after.length === 0 ? "" : `after ${after.join(",")}`,
    notBefore === null || notBefore <= at ? "" : `at ${localTime(notBefore, at)}`,
    priority === 0 ? "" : `priority ${priority}`,
  ].filter(Boolean);
  return [state, ...waits].join(", ");
}

/** `17:30`, or with the day if that is another one. */
function localTime(ms: number, at: number): string {
  const two = (n: number) => String(n).padStart(2, "0");
  const time = new Date(ms);
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}`;
  if (ms - at < 12 * 3_600_000) return clock;
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${clock}`;
}

/** Quoted, to be pasted into a shell; the name is a comment there. */
function shownCommand({ name, command }: BatchEntryInfo, longest: number): string {
  const text = `${quoted(command)}${name === "" ? "" : `  # ${oneLine(name)}`}`;
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}
