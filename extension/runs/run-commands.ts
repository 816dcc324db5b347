import * as vscode from "vscode";
import type { Disposable } from "../connection/rpc.js";
import { chosenRows } from "../views/actions/chosen.js";
import type { Launcher } from "./launcher.js";
import type { Run, Runs } from "./run.js";
import { t } from "../l10n.js";

/**
 * The commands for runs that exist. Each takes a run's handle; without one, the run that is meant is found or asked
 * for.
 */
export function registerRunCommands(runs: Runs, launcher: Launcher): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.commands.registerCommand("polyproc.cancelRun", (id?: unknown) => cancel(runs, id)),
    vscode.commands.registerCommand("polyproc.rerunFailed", (id?: unknown) => rerunFailed(runs, launcher, id)),
    vscode.commands.registerCommand("polyproc.rerunItem", async (id?: unknown, index?: unknown) => {
      const run = runs.all.find((one) => one.id === id);
      if (run && typeof index === "number") await launcher.attempt(() => runs.again(run, [index]));
    }),
    vscode.commands.registerCommand("polyproc.forgetRun", (id?: unknown, selected?: unknown) =>
      forget(runs, id, selected),
    ),
    vscode.commands.registerCommand("polyproc.clearHistory", () => runs.forgetEnded()),
    new RunContext(runs),
  );
}

async function cancel(runs: Runs, id: unknown): Promise<void> {
  const run = await chooseRun(
    runs.all.filter((one) => !one.ended),
    id,
    t("Cancel Run"),
    t("No run is under way."),
  );
  await run?.cancel();
}

/** `selected`: the rows that are selected in the view of runs. */
async function forget(runs: Runs, id: unknown, selected: unknown): Promise<void> {
  const ended = runs.all.filter((run) => run.ended);
  const rows = chosenRows(id, selected);
  const chosen =
    rows.length > 0
      ? ended.filter((run) => rows.includes(run.id))
      : [await chooseRun(ended, id, t("Forget Run"), t("There is no run that has ended."))];
  for (const run of chosen) if (run) await runs.forget(run);
}

async function rerunFailed(runs: Runs, launcher: Launcher, id: unknown): Promise<void> {
  const run =
    typeof id === "string"
      ? runs.all.find((one) => one.id === id)
      : runs.all.findLast((one) => failedItems(one).length > 0);
  const failed = run ? failedItems(run) : [];
  if (!run || failed.length === 0) {
    void vscode.window.showInformationMessage(
      run ? t("Nothing failed in {0}.", run.request.name) : t("No run has failed items."),
    );
    return;
  }
  await launcher.attempt(() => runs.again(run, failed));
}

/** The indexes of items that failed or were lost; cancelled items are not among them. */
function failedItems(run: Run): number[] {
  return run.rows.filter(({ state }) => state === "failed" || state === "lost").map(({ index }) => index);
}

async function chooseRun(
  candidates: readonly Run[],
  id: unknown,
  title: string,
  none: string,
): Promise<Run | undefined> {
  if (typeof id === "string") return candidates.find((run) => run.id === id);
  if (candidates.length <= 1) {
    if (candidates.length === 0) void vscode.window.showInformationMessage(none);
    return candidates[0];
  }
  const choices = candidates.toReversed().map((run) => ({
    label: run.request.name,
    description: t("{0} of {1}", run.info.done + run.info.failed, run.info.total),
    run,
  }));
  return (await vscode.window.showQuickPick(choices, { title, matchOnDescription: true }))?.run;
}

/** Keeps the context keys up to date by which menus and the palette show commands. */
class RunContext implements vscode.Disposable {
  readonly #runs: Runs;
  readonly #subscriptions: Disposable[] = [];
  readonly #known = new Map<string, boolean>();

  constructor(runs: Runs) {
    this.#runs = runs;
    for (const run of runs.all) this.#watch(run);
    this.#subscriptions.push(
      runs.onDidAdd((run) => this.#watch(run)),
      runs.onDidChange(() => this.#update()),
    );
    this.#update();
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #watch(run: Run): void {
    void run.whenEnded.then(() => this.#update());
  }

  #update(): void {
    const { all } = this.#runs;
    this.#set("polyproc.runs", all.length > 0);
    this.#set(
      "polyproc.runEnded",
      all.some((run) => run.ended),
    );
    this.#set(
      "polyproc.runUnderWay",
      all.some((run) => !run.ended),
    );
    this.#set(
      "polyproc.runFailed",
      all.some((run) => run.ended && failedItems(run).length > 0),
    );
  }

  #set(key: string, value: boolean): void {
    if (this.#known.get(key) === value) return;
    this.#known.set(key, value);
    void vscode.commands.executeCommand("setContext", key, value);
  }
}
