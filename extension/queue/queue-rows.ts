import type { BatchEntryInfo, BatchGroupInfo, BatchState } from "../../protocol/batch.js";
import { ageText, joined, numberText, roughAgeText, rowText } from "../views/amounts.js";
import { clockText } from "../views/children/process-row.js";
import { limited } from "../views/tree/limited.js";
import type { Detail, Icon, TreeNode } from "../views/tree/tree-node.js";
import type { QueueList } from "./queue-link.js";

/** Groups with their entries: what runs, then what waits, then what has ended, the latest first. */
export function queueRows({ entries, groups }: Pick<QueueList, "entries" | "groups">, at: number): TreeNode[] {
  // The view says how to begin.
  if (entries.length === 0 && groups.every(({ group, paused }) => group === "default" && !paused)) return [];
  return groups.map((group) =>
    groupRow(
      group,
      entries.filter((entry) => entry.group === group.group),
      at,
    ),
  );
}

export function entryId(entry: number): string {
  return `entry/${entry}`;
}

function groupRow(group: BatchGroupInfo, entries: readonly BatchEntryInfo[], at: number): TreeNode {
  const id = `queueGroup/${group.group}`;
  const count = (...states: BatchState[]) => entries.filter(({ state }) => states.includes(state)).length;
  const [running, waiting, failed] = [count("running", "paused"), count("queued", "held"), count("failed", "lost")];
  const description = joined(
    group.paused && "paused",
    `${numberText(group.slots)} at a time`,
    running > 0 && `${numberText(running)} running`,
    waiting > 0 && `${numberText(waiting)} waiting`,
    failed > 0 && `${numberText(failed)} failed`,
  );
  return {
    id,
    label: group.group,
    description,
    icon: group.paused ? { id: "debug-pause", color: "charts.yellow" } : { id: "list-ordered" },
    spoken: `Group ${group.group}, ${description.replaceAll(" · ", ", ")}`,
    context: `queueGroup ${group.paused ? "halted" : "open"}`,
    about: { kind: "queueGroup", group: group.group },
    // The editor would leave a row collapsed that has had no child before.
    children: entries.length === 0 ? [noEntries(id)] : limited(id, inOrder(entries), (entry) => entryRow(entry, at)),
    open: true,
    details: () => [
      ["Group", group.group],
      ["At a time", numberText(group.slots)],
      ...(group.paused ? [["State", "paused: no further entry starts"] as const] : []),
      ...(group.hook === null ? [] : [["Hook", rowText(group.hook, 300)] as const]),
    ],
  };
}

function noEntries(group: string): TreeNode {
  return {
    id: `${group}/none`,
    label: "No entries",
    description: "",
    icon: { id: "blank" },
    spoken: "No entries",
    context: "none",
    about: { kind: "nothing" },
    children: [],
    open: false,
    details: () => [["No entries", "polyproc add --group adds one"]],
  };
}

function inOrder(entries: readonly BatchEntryInfo[]): BatchEntryInfo[] {
  const rank = ({ state }: BatchEntryInfo) =>
    state === "running" || state === "paused" ? 0 : state === "queued" || state === "held" ? 1 : 2;
  return entries.toSorted((a, b) => {
    const ranks = rank(a) - rank(b);
    if (ranks !== 0) return ranks;
    if (rank(a) === 2) return (b.endedAt ?? 0) - (a.endedAt ?? 0) || b.entry - a.entry;
    return b.priority - a.priority || a.entry - b.entry;
  });
}

function entryRow(entry: BatchEntryInfo, at: number): TreeNode {
  const { state, startedAt, endedAt } = entry;
  const label = rowText(entry.name || commandText(entry), 60) || `#${entry.entry}`;
  const text = stateText(entry, at);
  return {
    id: entryId(entry.entry),
    label,
    description: joined(
      `#${entry.entry}`,
      text,
      startedAt !== null && state !== "queued" && state !== "held"
        ? endedAt === null
          ? (state === "running" || state === "paused") && roughAgeText(at - startedAt)
          : ageText(endedAt - startedAt)
        : null,
    ),
    icon: icons[state],
    spoken: `Entry ${entry.entry}, ${label}, ${text}`,
    context: `entry ${state}`,
    about: { kind: "entry", entry: entry.entry },
    children: [],
    open: false,
    details: () => details(entry, text, at),
  };
}

const icons: Record<BatchState, Icon> = {
  held: { id: "debug-pause", color: "descriptionForeground" },
  queued: { id: "clock", color: "descriptionForeground" },
  running: { id: "play-circle", color: "charts.green" },
  paused: { id: "debug-pause", color: "charts.yellow" },
  done: { id: "pass", color: "testing.iconPassed" },
  failed: { id: "error", color: "testing.iconFailed" },
  lost: { id: "warning", color: "list.warningForeground" },
  skipped: { id: "circle-slash", color: "descriptionForeground" },
};

function stateText({ state, exitCode, after, notBefore, priority, reason }: BatchEntryInfo, at: number): string {
  if (state === "failed")
    return exitCode !== null && exitCode >= 0 ? `failed (${exitCode})` : rowText(reason ?? "failed", 60);
  if (state === "lost") return "lost: it ran when the server ended";
  if (state === "skipped") return rowText(`skipped${reason === null ? "" : `: ${reason}`}`, 60);
  if (state !== "queued" && state !== "held") return state;
  return [
    state,
    after.length > 0 && `after ${after.map((number) => `#${number}`).join(", ")}`,
    notBefore !== null && notBefore > at && `at ${new Date(notBefore).toLocaleString()}`,
    priority !== 0 && `priority ${priority}`,
  ]
    .filter(Boolean)
    .join(", ");
}

function commandText({ command }: BatchEntryInfo): string {
  return command.join(" ");
}

function details(entry: BatchEntryInfo, text: string, at: number): Detail[] {
  const { startedAt, endedAt } = entry;
  const rows: (Detail | false)[] = [
    ["Entry", `${entry.entry}${entry.name === "" ? "" : ` (${rowText(entry.name)})`}`],
    ["Command", rowText(commandText(entry), 600)],
    ["State", text],
    entry.reason !== null && ["Reason", rowText(entry.reason, 300)],
    ["Folder", entry.cwd],
    ["Group", entry.group],
    entry.hook !== null && ["Hook", rowText(entry.hook, 300)],
    entry.pid !== null && ["Pid", String(entry.pid)],
    ["Added", new Date(entry.addedAt).toLocaleString()],
    startedAt !== null && ["Started", new Date(startedAt).toLocaleString()],
    startedAt !== null && endedAt === null && entry.pid !== null && ["Age", ageText(at - startedAt)],
    endedAt !== null && [
      "Ended",
      `${clockText(endedAt)}${startedAt === null ? "" : `, after ${ageText(endedAt - startedAt)}`}`,
    ],
    entry.attempt > 1 && ["Starts", numberText(entry.attempt)],
  ];
  return rows.filter((row) => row !== false);
}
