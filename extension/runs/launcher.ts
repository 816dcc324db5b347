import * as vscode from "vscode";
import type { Target } from "../../protocol/target.js";
import { describeSource, ItemsError, type ItemSource } from "../items/item-source.js";
import { resolveItems } from "../items/resolve-items.js";
import { chooseOptions } from "./choose-options.js";
import type { RecentRuns, Recipe } from "./recipe.js";
import type { RunItem, RunOptions, Runs } from "./run.js";
import { saveDocuments } from "./save-documents.js";
import { t } from "../l10n.js";

export interface LauncherParts {
  runs: Runs;
  recent: RecentRuns;
  log: vscode.LogOutputChannel;
  /** What the settings say. */
  defaults: () => RunOptions;
  hasCluster: () => boolean;
}

/** The choices for a run, before its options. */
export interface Wish {
  /** For people. */
  what: string;
  source: ItemSource;
  /** The items of the source, if they were looked up already. */
  items?: readonly RunItem[];
  target: Target;
}

/** The last steps of every run that the user asks for: items, options, saving, start. */
export class Launcher {
  readonly #parts: LauncherParts;

  constructor(parts: LauncherParts) {
    this.#parts = parts;
  }

  /** The source's items. Undefined if there are none; the user has been told. */
  async find(source: ItemSource): Promise<RunItem[] | undefined> {
    try {
      return await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Window, title: t("Looking for {0}", describeSource(source)) },
        () => resolveItems(source),
      );
    } catch (error) {
      if (!(error instanceof ItemsError)) throw error;
      void vscode.window.showWarningMessage(t("Nothing was run: {0}.", error.message));
      return undefined;
    }
  }

  /** Asks for the options, then runs it. */
  async launch({ what, source, target, ...wish }: Wish): Promise<void> {
    const items = wish.items ?? (await this.find(source));
    if (!items) return;
    const options = await chooseOptions(
      nameOf(what, source, items),
      items.length,
      this.#parts.defaults(),
      "command" in target,
      this.#parts.hasCluster(),
    );
    if (options) await this.#start({ what, target, source, options }, items);
  }

  /** Starts the same run as before, without a question. */
  async repeat(recipe: Recipe): Promise<void> {
    const items = await this.find(recipe.source);
    if (items) await this.#start(recipe, items);
  }

  /** Shows the error if the run cannot be started. */
  async attempt(start: () => Promise<unknown>): Promise<void> {
    try {
      await start();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#parts.log.error(error instanceof Error ? error : message);
      if ((await vscode.window.showErrorMessage(t("Nothing was run: {0}", message), t("Show Log"))) !== undefined)
        this.#parts.log.show();
    }
  }

  async #start(recipe: Recipe, items: readonly RunItem[]): Promise<void> {
    if (!(await saveDocuments())) return;
    await this.attempt(async () => {
      await this.#parts.runs.start({
        name: nameOf(recipe.what, recipe.source, items),
        target: recipe.target,
        cwd: folderOf(recipe.target),
        items,
        recipe: { what: recipe.what, source: recipe.source },
        options: recipe.options,
        origin: "command",
      });
      await this.#parts.recent.remember(recipe);
    });
  }
}

/** A function runs in the workspace's folder that its module is in. */
function folderOf(target: Target): string | undefined {
  if (!("module" in target)) return undefined;
  return vscode.workspace.getWorkspaceFolder(vscode.Uri.file(target.module))?.uri.fsPath;
}

function nameOf(what: string, source: ItemSource, items: readonly RunItem[]): string {
  return `${what} over ${describeSource(source, items.length)}`;
}
