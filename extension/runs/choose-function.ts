import * as vscode from "vscode";
import { fileItem, workspaceFolders } from "../items/file-item.js";
import type { FoundFunction } from "../../sources/found-function.js";
import { findFunctions, moduleEndings, runtimeOf } from "../../sources/languages.js";
import type { ModuleTarget } from "../../protocol/target.js";
import { openFiles } from "./open-files.js";
import type { RecentRuns } from "./recipe.js";
import { t } from "../l10n.js";

export interface ChosenFunction {
  target: ModuleTarget;
  name: string;
}

type Choice = vscode.QuickPickItem & { chosen?: ChosenFunction | "file" | "command" };

/** Most open modules that are searched for functions. */
const maxOpenModules = 30;
const maxFiles = 5000;

/** The functions of a file on the disk. */
export async function functionsOf(document: vscode.TextDocument): Promise<FoundFunction[]> {
  return document.uri.scheme === "file"
    ? findFunctions(document.getText(), document.languageId, document.uri.fsPath)
    : [];
}

export function functionTarget(
  document: vscode.TextDocument,
  { export: name, name: shown }: Pick<FoundFunction, "export" | "name">,
): ChosenFunction {
  const path = document.uri.fsPath;
  const runtime = runtimeOf(document.languageId);
  // The server knows the runtime by the file's ending.
  const isKnown = moduleEndings.some((ending) => path.endsWith(`.${ending}`));
  return { target: { module: path, export: name, ...(isKnown || runtime === null ? {} : { runtime }) }, name: shown };
}

/** Asks for one of the document's functions. Null if the document has none, undefined if the user cancels. */
export async function chooseFunctionOf(
  document: vscode.TextDocument,
  title: string,
): Promise<ChosenFunction | null | undefined> {
  const functions = await functionsFromCursor(document);
  if (functions.length === 0) return null;
  if (functions.length === 1) return functionTarget(document, functions[0]!);
  const picked = await vscode.window.showQuickPick(
    functions.map((found) => choiceOf(document, found)),
    { title, placeHolder: t("Function to run for each item"), matchOnDescription: true },
  );
  return picked?.chosen as ChosenFunction | undefined;
}

/** The document's functions, the one at the cursor first. */
async function functionsFromCursor(document: vscode.TextDocument): Promise<FoundFunction[]> {
  const functions = await functionsOf(document);
  const editor = vscode.window.activeTextEditor;
  const atCursor =
    editor?.document === document ? functions.findLast(({ line }) => line <= editor.selection.active.line) : undefined;
  return atCursor ? [atCursor, ...functions.filter((found) => found !== atCursor)] : functions;
}

/**
 * Asks for a function: of the module in front, of the modules used before, of the open modules, or of any module. With
 * `orCommand`, a shell command is offered, too.
 */
export async function chooseFunction(
  recent: RecentRuns,
  title: string,
  orCommand: boolean,
): Promise<ChosenFunction | "command" | undefined> {
  const choices: Choice[] = [];
  const known = new Set<string>();
  const add = (choice: Choice & { chosen: ChosenFunction }) => {
    const key = `${choice.chosen.target.module}\n${choice.chosen.target.export}`;
    if (known.has(key)) return;
    known.add(key);
    choices.push(choice);
  };
  const [front, ...others] = openModules();
  const active = front === vscode.window.activeTextEditor?.document ? front : undefined;
  if (active) for (const found of await functionsFromCursor(active)) add(choiceOf(active, found));
  for (const used of recent.functions) {
    add({
      label: `$(symbol-function) ${used.name}`,
      description: `${fileItem(used.path).label} · ${t("recently used")}`,
      chosen: { target: { module: used.path, export: used.export }, name: used.name },
    });
  }
  for (const document of front ? [front, ...others] : []) {
    for (const found of await functionsOf(document)) add(choiceOf(document, found));
  }
  if (choices.length > 0) choices.push({ label: "", kind: vscode.QuickPickItemKind.Separator });
  choices.push({
    label: `$(file-code) ${t(known.size > 0 ? "Function of another file…" : "Function of a file…")}`,
    chosen: "file",
  });
  if (orCommand) choices.push({ label: `$(terminal) ${t("Shell command…")}`, chosen: "command" });
  // With one choice there is nothing to ask.
  const picked =
    choices.length === 1
      ? choices[0]
      : await vscode.window.showQuickPick(choices, {
          title,
          placeHolder: t("What to run for each item"),
          matchOnDescription: true,
        });
  if (picked?.chosen !== "file") return picked?.chosen;
  const document = await chooseModule(title);
  if (!document) return undefined;
  const chosen = await chooseFunctionOf(document, title);
  if (chosen === null) void vscode.window.showInformationMessage(noFunctions(document));
  return chosen ?? undefined;
}

export function noFunctions(document: vscode.TextDocument): string {
  const name = fileItem(document.uri.fsPath).label;
  if (runtimeOf(document.languageId) === "python")
    return t("{0} has no function at its top level that another process could import.", name);
  return runtimeOf(document.languageId) === null
    ? t("{0} is no module of JavaScript, TypeScript or Python.", name)
    : t("{0} exports no function: a process can only run what a module exports.", name);
}

/** The open documents that are modules. The one in front comes first. */
function openModules(): vscode.TextDocument[] {
  const active = vscode.window.activeTextEditor?.document;
  const shown = [
    ...(active ? [active] : []),
    ...vscode.window.visibleTextEditors.map((editor) => editor.document),
    ...vscode.workspace.textDocuments,
  ];
  const modules = shown.filter(
    (document) => document.uri.scheme === "file" && runtimeOf(document.languageId) !== null && !document.isClosed,
  );
  return [...new Set(modules)].slice(0, maxOpenModules);
}

async function chooseModule(title: string): Promise<vscode.TextDocument | undefined> {
  if (workspaceFolders().length === 0) {
    const [uri] = await openFiles({
      title,
      openLabel: t("Choose Module"),
      filters: { "JavaScript, TypeScript, Python": [...moduleEndings] },
    });
    return uri && vscode.workspace.openTextDocument(uri);
  }
  const files = vscode.workspace.findFiles(`**/*.{${moduleEndings.join(",")}}`, undefined, maxFiles);
  const choices = files.then((uris) =>
    uris
      .filter(({ path }) => !path.includes("/node_modules/") && !/\.d\.[cm]?ts$/.test(path))
      .map((uri) => ({ label: fileItem(uri.fsPath).label, uri }))
      .sort((a, b) => a.label.localeCompare(b.label)),
  );
  const picked = await vscode.window.showQuickPick(choices, {
    title,
    placeHolder: t("Module of JavaScript, TypeScript or Python"),
  });
  return picked && vscode.workspace.openTextDocument(picked.uri);
}

function choiceOf(document: vscode.TextDocument, found: FoundFunction): Choice & { chosen: ChosenFunction } {
  return {
    label: `$(symbol-${found.kind === "class" ? "class" : "function"}) ${found.name}`,
    description:
      `${fileItem(document.uri.fsPath).label}:${found.line + 1}` +
      (found.export === "default" ? ` · ${t("default export")}` : ""),
    chosen: functionTarget(document, found),
  };
}
