import * as vscode from "vscode";
import { shellCommand } from "../items/shell-command.js";
import { ItemsError, type ItemSource } from "../items/item-source.js";
import { moduleEndings, runtimeOf } from "../../sources/languages.js";
import {
  chooseFunction,
  chooseFunctionOf,
  functionsOf,
  functionTarget,
  noFunctions,
  type ChosenFunction,
} from "./choose-function.js";
import { chooseItems, sourceOfFiles, type Wanted } from "./choose-items.js";
import type { Launcher } from "./launcher.js";
import type { RecentRuns } from "./recipe.js";
import type { RunItem, Runs } from "./run.js";
import { t } from "../l10n.js";

export interface StartParts {
  launcher: Launcher;
  recent: RecentRuns;
  runs: Runs;
}

const runTitle = () => t("Run Function in Pool");
const mapTitle = () => t("Map over Files");
const commandTitle = () => t("Run Shell Command over Files");

/**
 * The commands that start runs. Their arguments show where they were invoked: a CodeLens passes a file and its export,
 * the explorer a file and the selection, the editor's menu a file, the palette nothing.
 */
export function registerStartCommands(parts: StartParts): vscode.Disposable {
  const commands: Record<string, (uri?: vscode.Uri, more?: unknown) => Promise<void>> = {
    "polyproc.runInPool": (uri, more) => runInPool(parts, uri, more),
    "polyproc.mapOverFiles": (uri, more) => mapOverFiles(parts, uri, more),
    "polyproc.runCommand": (uri, more) => runCommand(parts, uri, more),
    "polyproc.repeatLastRun": () => repeatLastRun(parts),
  };
  return vscode.Disposable.from(
    // A lens of a notebook's cell passes the elements of a list. The palette does not have this command.
    vscode.commands.registerCommand("polyproc.mapOverValues", async (values?: unknown) => {
      if (Array.isArray(values)) await mapSelected(parts, { kind: "values", values });
    }),
    ...Object.entries(commands).map(([id, run]) => vscode.commands.registerCommand(id, run)),
  );
}

async function runInPool(parts: StartParts, uri: vscode.Uri | undefined, more: unknown): Promise<void> {
  let chosen: ChosenFunction | null | undefined | "command";
  if (uri) {
    const document = await vscode.workspace.openTextDocument(uri);
    chosen =
      typeof more === "string" ? await namedFunction(document, more) : await chooseFunctionOf(document, runTitle());
    if (chosen === null) void vscode.window.showInformationMessage(noFunctions(document));
  } else chosen = await chooseFunction(parts.recent, runTitle(), false);
  if (chosen && chosen !== "command") await askItems(parts, chosen, runTitle(), "anything");
}

async function mapOverFiles(parts: StartParts, uri: vscode.Uri | undefined, more: unknown): Promise<void> {
  if (uri && Array.isArray(more)) {
    await mapSelected(parts, sourceOfFiles(more.length > 0 ? (more as vscode.Uri[]) : [uri]));
    return;
  }
  if (uri) {
    // A file with functions is the target; any other file is an item, and need not be text.
    const document = isModule(uri) || typeof more === "string" ? await vscode.workspace.openTextDocument(uri) : null;
    const chosen =
      document &&
      (typeof more === "string" ? await namedFunction(document, more) : await chooseFunctionOf(document, mapTitle()));
    if (chosen === null) await mapSelected(parts, sourceOfFiles([uri]));
    else if (chosen) await askItems(parts, chosen, mapTitle(), "files");
    return;
  }
  const chosen = await chooseFunction(parts.recent, mapTitle(), true);
  if (chosen === "command") await runCommand(parts, undefined, undefined);
  else if (chosen) await askItems(parts, chosen, mapTitle(), "files");
}

/** The caller gives the files. The user is asked what to run on them. */
async function mapSelected(parts: StartParts, source: ItemSource): Promise<void> {
  const chosen = await chooseFunction(parts.recent, mapTitle(), true);
  if (chosen === "command") await askCommand(parts, source);
  else if (chosen) await parts.launcher.launch({ what: chosen.name, target: chosen.target, source });
}

async function runCommand(parts: StartParts, uri: vscode.Uri | undefined, more: unknown): Promise<void> {
  const given = Array.isArray(more) && more.length > 0 ? (more as vscode.Uri[]) : uri ? [uri] : null;
  const source = given ? sourceOfFiles(given) : await chooseItems(commandTitle(), "files", parts.recent.last?.source);
  if (source) await askCommand(parts, source);
}

async function askCommand({ launcher, recent }: StartParts, source: ItemSource): Promise<void> {
  // First, before the user types a command that could not run.
  const items = await launcher.find(source);
  if (!items) return;
  const line = await vscode.window.showInputBox({
    title: commandTitle(),
    value: recent.commands[0] ?? "",
    placeHolder: "wc -w {item}",
    prompt: t(
      "{item} stands for the item, safely quoted, {index} for its position. Without {item} it is the last argument.",
    ),
    validateInput: (typed) => {
      try {
        shellCommand(typed);
        return undefined;
      } catch (error) {
        return error instanceof ItemsError ? error.message : String(error);
      }
    },
    ignoreFocusOut: true,
  });
  if (line === undefined) return;
  await launcher.launch({ what: line.trim(), source, items, target: shellCommand(line, { cwd: folderOf(items) }) });
}

/** Commands run in the workspace's folder, that of the first file when there are several. */
function folderOf(items: readonly RunItem[]): string | undefined {
  const file = items.find((item) => item.file !== null)?.file;
  const folder =
    (file ? vscode.workspace.getWorkspaceFolder(vscode.Uri.file(file)) : undefined) ??
    vscode.workspace.workspaceFolders?.[0];
  return folder?.uri.scheme === "file" ? folder.uri.fsPath : undefined;
}

async function repeatLastRun({ launcher, recent, runs }: StartParts): Promise<void> {
  if (recent.last) {
    await launcher.repeat(recent.last);
    return;
  }
  // Its items were too many for the stored recipe, but the server may still have it.
  const last = runs.all.findLast((run) => run.request.origin === "command");
  if (last) await launcher.attempt(() => runs.again(last));
  else
    void vscode.window.showInformationMessage(
      t("There is no run to repeat yet: start one with Polyproc: Run Function in Pool…"),
    );
}

async function askItems(
  { launcher, recent }: StartParts,
  chosen: ChosenFunction,
  title: string,
  wanted: Wanted,
): Promise<void> {
  const source = await chooseItems(`${title}: ${chosen.name}`, wanted, recent.last?.source);
  if (source) await launcher.launch({ what: chosen.name, target: chosen.target, source });
}

function isModule(uri: vscode.Uri): boolean {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  return open ? runtimeOf(open.languageId) !== null : moduleEndings.some((ending) => uri.path.endsWith(`.${ending}`));
}

/** The export that a CodeLens named, even when the file has changed since. */
async function namedFunction(document: vscode.TextDocument, name: string): Promise<ChosenFunction> {
  const found = (await functionsOf(document)).find((one) => one.export === name);
  return functionTarget(document, found ?? { export: name, name });
}
