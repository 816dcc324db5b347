import * as vscode from "vscode";
import { describeOptions, optionsText, parseOptions } from "./options-text.js";
import type { RunOptions } from "./run.js";
import { t } from "../l10n.js";

/** Asks the last question: Enter starts the run. Undefined if the user cancels. */
export async function chooseOptions(
  title: string,
  items: number,
  options: RunOptions,
  isCommand: boolean,
  hasCluster: boolean,
): Promise<RunOptions | undefined> {
  const run = {
    label: `$(play) ${t(items === 1 ? "Run {0} item" : "Run {0} items", items.toLocaleString())}`,
    description: describeOptions(options, isCommand),
  };
  const change = {
    label: `$(settings-gear) ${t("Options…")}`,
    description: t("processes, chunk size, time limit, retries"),
  };
  const picked = await vscode.window.showQuickPick([run, change], { title, placeHolder: t("Press Enter to run") });
  if (picked === run) return options;
  return picked === change ? askOptions(title, options, isCommand, hasCluster) : undefined;
}

async function askOptions(
  title: string,
  options: RunOptions,
  isCommand: boolean,
  hasCluster: boolean,
): Promise<RunOptions | undefined> {
  const value = optionsText(options, isCommand, hasCluster);
  const text = await vscode.window.showInputBox({
    title,
    value,
    // The number of processes is changed most often: it is selected, so that typing replaces it.
    valueSelection: [value.indexOf("=") + 1, value.indexOf(" ")],
    prompt: [
      t("processes: items at a time, 0: one for each CPU"),
      ...(isCommand ? [] : [t("chunk: items that a worker gets at once")]),
      t("timeout: time limit of each item, such as 500ms, 30s, none"),
      t("retries: further attempts of a failed item"),
      ...(hasCluster ? [t("where: here or cluster")] : []),
      t("cache: replay what has not changed, yes or no"),
      t("halt: never, soon or now,fail=3."),
    ].join("; "),
    validateInput: (typed) => {
      const parsed = parseOptions(typed);
      return "problem" in parsed ? parsed.problem : undefined;
    },
    ignoreFocusOut: true,
  });
  if (text === undefined) return undefined;
  const parsed = parseOptions(text);
  return "options" in parsed ? { ...options, ...parsed.options } : undefined;
}
