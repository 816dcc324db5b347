import type { BatchEntryInfo, BatchGroupInfo, BatchState } from "../../protocol/batch.js";
import { ageText, joined, numberText, roughAgeText, rowText } from "../views/amounts.js";
import { clockText } from "../views/children/process-row.js";
import { limited } from "../views/tree/limited.js";
import type { Detail, Icon, TreeNode } from "../views/tree/tree-node.js";
import type { QueueList } from "./queue-link.js";
import { t } from "../l10n.js";

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
    group.paused && t("paused"),
    t("{0} at a time", numberText(group.slots)),
    running > 0 && t("{0} running", numberText(running)),
    waiting > 0 && t("{0} waiting", numberText(waiting)),
    failed > 0 && t("{0} failed", numberText(failed)),
  );
  return {
    id,
    label: group.group,
    description,
    icon: group.paused ? { id: "debug-pause", color: "charts.yellow" } : { id: "list-ordered" },
    spoken: t("Group {0}, {1}", group.group, description.replaceAll(" · ", ", ")),
    context: `queueGroup ${group.paused ? "halted" : "open"}`,
    about: { kind: "queueGroup", group: group.group },
    // VS Code keeps a row collapsed that appeared without children.
    children: entries.length === 0 ? [noEntries(id)] : limited(id, inOrder(entries), (entry) => entryRow(entry, at)),
    open: true,
    details: () => [
      [t("Group"), group.group],
      [t("At a time"), numberText(group.slots)],
      ...(group.paused ? [[t("State"), t("paused: no further entry starts")] as const] : []),
      ...(group.hook === null ? [] : [[t("Hook"), rowText(group.hook, 300)] as const]),
    ],
  };
}

function noEntries(group: string): TreeNode {
  return {
    id: `${group}/none`,
    label: t("No entries"),
    description: "",
    icon: { id: "blank" },
    spoken: t("No entries"),
    context: "none",
    about: { kind: "nothing" },
    children: [],
    open: false,
    details: () => [[t("No entries"), t("polyproc add --group adds one")]],
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
    spoken: t("Entry {0}, {1}, {2}", entry.entry, label, text),
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
    return exitCode !== null && exitCode >= 0 ? t("failed ({0})", exitCode) : rowText(reason ?? t("failed"), 60);
  if (state === "lost") return t("lost: it ran when the server ended");
  if (state === "skipped") return rowText(reason === null ? t("skipped") : t("skipped: {0}", reason), 60);
  if (state === "done") return t("done");
  if (state === "running") return t("running");
  if (state === "paused") return t("paused");
  return [
    state === "queued" ? t("queued") : t("held"),
    after.length > 0 && t("after {0}", after.map((number) => `#${number}`).join(", ")),
    notBefore !== null && notBefore > at && t("at {0}", new Date(notBefore).toLocaleString()),
    priority !== 0 && t("priority {0}", priority),
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
    [t("Entry"), `${entry.entry}${entry.name === "" ? "" : ` (${rowText(entry.name)})`}`],
    [t("Command"), rowText(commandText(entry), 600)],
    [t("State"), text],
    entry.reason !== null && [t("Reason"), rowText(entry.reason, 300)],
    [t("Folder"), entry.cwd],
    [t("Group"), entry.group],
    entry.hook !== null && [t("Hook"), rowText(entry.hook, 300)],
    entry.pid !== null && [t("Pid"), String(entry.pid)],
    [t("Added"), new Date(entry.addedAt).toLocaleString()],
    startedAt !== null && [t("Started"), new Date(startedAt).toLocaleString()],
    startedAt !== null && endedAt === null && entry.pid !== null && [t("Age"), ageText(at - startedAt)],
    endedAt !== null && [
      t("Ended"),
      startedAt === null ? clockText(endedAt) : t("{0}, after {1}", clockText(endedAt), ageText(endedAt - startedAt)),
    ],
    entry.attempt > 1 && [t("Starts"), numberText(entry.attempt)],
  ];
  return rows.filter((row) => row !== false);
}
