import type { ProcessInfo, Usage } from "../../../protocol/process.js";
import { formatBytes } from "../../../protocol/bytes.js";
import { progressText } from "../../../protocol/progress.js";
import { ageText, cpuText, joined, roughAgeText, rowText } from "../amounts.js";
import { partyOf, partyText, poolName, processName, runningItem, type RunningItem } from "../names.js";
import type { Snapshot } from "../snapshot.js";
import { waitDetails, waitsOf, waitText } from "../waits.js";
import type { Detail, Icon, TreeNode } from "../tree/tree-node.js";
import { t } from "../../l10n.js";

/** A process that the server started, with the rows below it. */
export function processRow(
  process: ProcessInfo,
  below: readonly TreeNode[],
  open: boolean,
  snapshot: Snapshot,
): TreeNode {
  const label = processName(process, snapshot);
  const usage = process.state === "exited" ? undefined : snapshot.known.usage.get(process.process);
  const item = runningItem(process, snapshot);
  const state = stateText(process, item);
  const progress = process.progress && rowText(progressText(process.progress), 40);
  const pid = process.pid === null ? null : `pid ${process.pid}`;
  const waiting = process.state === "running" ? waitText(waitsOf(process.process, snapshot)) : null;
  return {
    id: process.process,
    label,
    // The icon shows that it runs, so the text does not: the side bar is narrow.
    description: joined(
      item
        ? `${item.name} ${roughAgeText(snapshot.at - item.startedAt)}`
        : (process.state !== "running" || isIdle(process, item)) && state,
      progress,
      waiting,
      pid,
      process.state === "running" && roughAgeText(snapshot.at - process.startedAt),
      process.endedAt !== null && ageText(process.endedAt - process.startedAt),
      usage && cpuText(usage.cpuPercent),
      usage && formatBytes(usage.memoryBytes),
    ),
    icon: waiting === null ? iconOf(process, item) : { id: "debug-pause", color: "charts.yellow" },
    spoken: [label, state, pid, item && t("runs {0}", item.name), progress, waiting].filter(Boolean).join(", "),
    context: ["process", process.role, process.state === "exited" ? "ended" : "running"].join(" "),
    about: { kind: "process", process: process.process },
    children: below,
    open,
    details: () => details(process, usage, snapshot),
  };
}

/** Why it ended, or what it does. */
export function stateText(process: ProcessInfo, item: RunningItem | null): string {
  if (process.state === "exited") return endText(process);
  if (process.state === "starting") return t("starting");
  return isIdle(process, item) ? t("idle") : t("running");
}

/** In one line. */
export function endText({ exitCode, reason }: ProcessInfo): string {
  return rowText(reason?.split("\n", 1)[0] ?? (exitCode === null ? t("ended") : t("exit code {0}", exitCode)));
}

function isIdle({ role }: ProcessInfo, item: RunningItem | null): boolean {
  return role === "worker" && item === null;
}

function iconOf(process: ProcessInfo, item: RunningItem | null): Icon {
  if (process.state === "starting") return { id: "loading", color: "descriptionForeground" };
  if (process.state === "running")
    return isIdle(process, item)
      ? { id: "circle-outline", color: "descriptionForeground" }
      : { id: "play-circle", color: "charts.green" };
  if (process.exitCode === 0) return { id: "pass", color: "testing.iconPassed" };
  // A user or a program ended it: that is no failure.
  if (process.exitCode !== null && endedOnRequest.has(-process.exitCode))
    return { id: "circle-slash", color: "charts.yellow" };
  return { id: "error", color: "testing.iconFailed" };
}

/** SIGHUP, SIGINT, SIGKILL, SIGTERM have the same numbers on every system. */
const endedOnRequest: ReadonlySet<number> = new Set([1, 2, 9, 15]);

function details(process: ProcessInfo, usage: Usage | undefined, snapshot: Snapshot): Detail[] {
  const { known, at } = snapshot;
  const item = runningItem(process, snapshot);
  const pool = process.pool === null ? undefined : known.pools.get(process.pool);
  const rows: (Detail | false)[] = [
    [t("Name"), process.name],
    [t("State"), stateText(process, item)],
    ...(process.state === "running" ? waitDetails(waitsOf(process.process, snapshot), at) : []),
    process.state === "starting" && [t("Why"), t("the server is starting it")],
    process.pid !== null && [t("Pid"), String(process.pid)],
    process.target !== "" && [t("Runs"), process.target],
    item !== null && [t("Item"), t("{0}, for {1}", item.name, ageText(at - item.startedAt))],
    process.progress !== undefined && [t("Progress"), progressText(process.progress)],
    pool !== undefined && [t("Pool"), poolName(pool, snapshot)],
    [t("Runtime"), process.runtime],
    process.daemon && process.role === "process" && [t("Daemon"), t("ends with its parent")],
    process.session !== "" && [t("Started by"), partyText(partyOf(process.session, snapshot))],
    [t("Started"), clockText(process.startedAt)],
    process.endedAt === null
      ? [t("Age"), ageText(at - process.startedAt)]
      : [t("Ended"), t("{0}, after {1}", clockText(process.endedAt), ageText(process.endedAt - process.startedAt))],
    process.exitCode !== null && [t("Exit code"), String(process.exitCode)],
    usage !== undefined && ["CPU", t("{0} of one core, descendants included", cpuText(usage.cpuPercent))],
    usage !== undefined && [t("Memory"), t("{0} resident, descendants included", formatBytes(usage.memoryBytes))],
  ];
  return rows.filter((row) => row !== false);
}

/** The time of day, here. */
export function clockText(at: number): string {
  return new Date(at).toLocaleTimeString();
}
