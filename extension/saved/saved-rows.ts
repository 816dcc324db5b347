import { resolve } from "node:path";
import { formatMs } from "../results/format.js";
import { viewOfRun } from "../results/row-views.js";
import type { RunView } from "../results/messages.js";
import type { Run } from "../runs/run.js";
import { describeDefinition } from "../tasks/task-request.js";
import type { SavedTask } from "../testing/saved-tasks.js";
import { joined, numberText, rowText } from "../views/amounts.js";
import { limited } from "../views/tree/limited.js";
import type { Detail, Icon, TreeNode } from "../views/tree/tree-node.js";
import { t } from "../l10n.js";

/**
 * Tasks of type `polyproc` with the outcome of their last run, and the runs that are kept, the newest first. A hidden
 * view keeps its rows, so they do not hold the runs, which have all results.
 */
export function savedRows(tasks: readonly SavedTask[], runs: readonly Run[]): TreeNode[] {
  const groups: TreeNode[] = [];
  if (tasks.length > 0) {
    const rows = limited("tasks", tasks, (task) => taskRow(task, lastRunOf(task, tasks, runs)));
    groups.push(groupRow("tasks", t("Tasks"), tasks.length, "checklist", rows));
  }
  if (runs.length > 0) {
    // Another server may have given the same handle to an older run.
    const seen = new Set<string>();
    const kept = runs.toReversed().filter(({ id }) => !seen.has(id) && seen.add(id));
    groups.push(groupRow("runs", t("Runs"), kept.length, "history", limited("runs", kept, runRow)));
  }
  return groups;
}

export function taskRowId(task: SavedTask): string {
  return `task/${task.id}`;
}

/** The task's newest run. Tasks of several folders may have one label: then the run's folder tells them apart. */
export function lastRunOf(task: SavedTask, tasks: readonly SavedTask[], runs: readonly Run[]): Run | undefined {
  const isOnly = tasks.filter(({ label }) => label === task.label).length === 1;
  const { cwd } = task.definition;
  const folder = resolve(task.folder, typeof cwd === "string" ? cwd : "");
  return runs.findLast(
    ({ request }) =>
      request.origin === "task" && request.name === task.label && (isOnly || folderOf(request) === folder),
  );
}

function folderOf({ target, cwd }: Run["request"]): string | undefined {
  return "command" in target ? target.cwd : cwd;
}

function groupRow(id: string, label: string, count: number, icon: string, children: TreeNode[]): TreeNode {
  return {
    id,
    label,
    description: numberText(count),
    icon: { id: icon },
    spoken: label,
    context: "group",
    about: { kind: "nothing" },
    children,
    open: true,
    details: () => [[label, numberText(count)]],
  };
}

function taskRow(task: SavedTask, run: Run | undefined): TreeNode {
  const outcome = run ? outcomeOf(run) : null;
  const label = rowText(task.label);
  const text = outcome?.text ?? t("no run yet");
  const started = run ? startedAt(run) : [];
  return {
    id: taskRowId(task),
    label,
    description: joined(text, outcome?.took),
    icon: outcome?.icon ?? { id: "circle-large-outline" },
    spoken: t("Task {0}, {1}", label, outcome?.spoken ?? text),
    context: `savedTask ${run && !run.ended ? "running" : "idle"}${run ? " hasRun" : ""}`,
    about: { kind: "nothing" },
    children: [],
    open: false,
    details: () => [
      [t("Task"), label],
      [t("Runs"), rowText(describeDefinition(task.definition), 300)],
      [t("Folder"), task.folder],
      [t("Last run"), joined(text, outcome?.took)],
      ...started,
    ],
  };
}

function runRow(run: Run): TreeNode {
  const { icon, text, took, spoken } = outcomeOf(run);
  const { id, request, info, ended } = run;
  const label = rowText(request.name);
  const failed = info.failed > 0 || run.lost;
  const started = startedAt(run);
  return {
    id,
    label,
    description: joined(text, took, new Date(info.startedAt).toLocaleTimeString()),
    icon,
    spoken: t("Run {0}, {1}", label, spoken),
    context: `run ${ended ? "ended" : "running"}${ended && failed ? " failed" : ""}`,
    about: { kind: "nothing" },
    children: [],
    open: false,
    details: () => [
      [t("Run"), label],
      [t("Runs"), rowText(info.target, 300)],
      [t("State"), joined(text, took)],
      ...started,
    ],
  };
}

function startedAt({ info }: Run): Detail[] {
  return [[t("Started"), new Date(info.startedAt).toLocaleString()]];
}

interface Outcome {
  icon: Icon;
  text: string;
  took: string | null;
  /** Without figures that change while it runs. */
  spoken: string;
}

function outcomeOf(run: Run): Outcome {
  const { state, endedAt, startedAt } = viewOfRun(run);
  const { done, failed, total, cached = 0 } = run.info;
  const replayed = cached > 0 && t("{0} replayed", numberText(cached));
  if (state === "running" || state === "ending") {
    const settled = t("{0} of {1}", numberText(done + failed), numberText(total));
    const text = joined(settled, failed > 0 && t("{0} failed", numberText(failed)), replayed);
    return { icon: { id: "sync~spin" }, text, took: null, spoken: t("running") };
  }
  const text = joined(endTexts()[state], t("{0} done, {1} failed", numberText(done), numberText(failed)), replayed);
  return {
    icon: state === "done" && failed > 0 ? endIcons.halted : endIcons[state],
    text,
    took: endedAt === null ? null : formatMs(Math.max(0, endedAt - startedAt)),
    spoken: text.replaceAll(" · ", ", "),
  };
}

type End = Exclude<RunView["state"], "running" | "ending">;

const endIcons: Record<End, Icon> = {
  done: { id: "pass", color: "testing.iconPassed" },
  cancelled: { id: "circle-slash", color: "descriptionForeground" },
  halted: { id: "error", color: "testing.iconFailed" },
  lost: { id: "warning", color: "list.warningForeground" },
};

/** What is said beside the counts; of a run that ended as it should, nothing. */
function endTexts(): Record<End, string> {
  return { done: "", cancelled: t("cancelled"), halted: t("halted"), lost: t("its server ended") };
}
