import * as vscode from "vscode";
import type { Parts } from "../parts.js";
import type { Run } from "../runs/run.js";
import { ResultsPanel, viewType } from "./results-panel.js";
import { t } from "../l10n.js";

/** After a reload, the server's runs are looked for as long as this. */
const searchMs = 15_000;

/** The panels that are open, at most one for a run. */
export class ResultsPanels implements vscode.Disposable {
  readonly #parts: Parts;
  readonly #panels = new Set<ResultsPanel>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The active panel. */
  get active(): ResultsPanel | undefined {
    return [...this.#panels].find(({ panel }) => panel.active);
  }

  show(run: Run, part: "table" | "timeline", index?: number): void {
    const open = this.#find(run);
    const panel =
      open ??
      this.#add(
        vscode.window.createWebviewPanel(viewType, run.request.name, vscode.ViewColumn.Active, { enableScripts: true }),
      );
    panel.adopt(run);
    panel.panel.reveal();
    panel.focus(part, index);
  }

  /** After a reload, connects a restored panel with its run again. */
  async restore(restored: vscode.WebviewPanel, state: unknown): Promise<void> {
    const {
      run: id,
      name,
      startedAt,
    } = typeof state === "object" && state !== null ? (state as Record<string, unknown>) : {};
    const panel = this.#add(restored);
    if (typeof name === "string") restored.title = name;
    // The handle alone may be that of another server's run.
    const run = await this.#search((one) => one.id === id && one.info.startedAt === startedAt, panel);
    if (run) panel.adopt(run);
    else
      panel.fail(
        [
          t("The results of this run are gone: its server has ended, or the run was forgotten."),
          t("A run that you start now gets a panel of its own."),
        ].join("\n"),
      );
  }

  dispose(): void {
    for (const { panel } of this.#panels) panel.dispose();
  }

  /** The panel of this run; otherwise the panel of the run that this one repeats, or of a run that repeats this one. */
  #find(run: Run): ResultsPanel | undefined {
    const firstOf = ({ id, request }: Run) => request.first ?? id;
    const panels = [...this.#panels];
    return (
      panels.find((panel) => panel.run === run) ??
      panels.find((panel) => panel.run && firstOf(panel.run) === firstOf(run))
    );
  }

  #add(panel: vscode.WebviewPanel): ResultsPanel {
    const results = new ResultsPanel(panel, { ...this.#parts, show: (run) => this.show(run, "table") });
    this.#panels.add(results);
    panel.onDidDispose(() => {
      this.#panels.delete(results);
      results.dispose();
    });
    return results;
  }

  /** Waits until the window has found this run on its server. Null if there is none. */
  async #search(isIt: (run: Run) => boolean, panel: ResultsPanel): Promise<Run | null> {
    const { runs, server } = this.#parts;
    const find = () => runs.all.find(isIt);
    const here = find();
    if (here) return here;
    // No server is started for this: a new server has none of the old runs.
    const attached = vscode.workspace.isTrusted ? await server.attach().catch(() => null) : null;
    if (!attached) return find() ?? null;
    return new Promise((resolve) => {
      const settle = (run: Run | null): void => {
        clearTimeout(timer);
        subscription.dispose();
        closed.dispose();
        resolve(run);
      };
      const timer = setTimeout(() => settle(find() ?? null), searchMs);
      const subscription = runs.onDidAdd((run) => {
        if (isIt(run)) settle(run);
      });
      const closed = panel.panel.onDidDispose(() => settle(null));
      const found = find();
      if (found) settle(found);
    });
  }
}
