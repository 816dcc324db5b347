import * as vscode from "vscode";
import { fileItem, workspaceFolders } from "../items/file-item.js";
import { describeSource, ItemsError, type ItemSource } from "../items/item-source.js";
import { parseValues } from "../items/values.js";
import { askGlob } from "./ask-glob.js";
import { openFiles } from "./open-files.js";
import { t } from "../l10n.js";

/** `files`: offers files before other kinds of items. */
export type Wanted = "files" | "anything";

type Choice = vscode.QuickPickItem & { choose?: () => Promise<ItemSource | undefined> | ItemSource };

const maxFiles = 5000;

/**
 * Asks where the items come from. `last`: the previous choice, which is offered first, but values not where files are
 * wanted.
 */
export async function chooseItems(
  title: string,
  wanted: Wanted,
  last: ItemSource | undefined,
): Promise<ItemSource | undefined> {
  const files: Choice[] =
    workspaceFolders().length === 0
      ? [
          {
            label: `$(files) ${t("Files…")}`,
            description: t("chosen from the disk"),
            choose: () => askFilesOfDisk(title),
          },
        ]
      : [
          {
            label: `$(search) ${t("Files that match a pattern…")}`,
            description: t("such as {0}", "src/**/*.ts"),
            choose: () => askGlob(title, last),
          },
          {
            label: `$(files) ${t("Files of the workspace…")}`,
            description: t("chosen from a list"),
            choose: () => askFiles(title),
          },
          { label: `$(git-commit) ${t("Files changed in Git")}`, choose: () => ({ kind: "git" }) },
        ];
  const selected = selectedText();
  const selection: Choice[] =
    selected === null
      ? []
      : [
          {
            label: `$(selection) ${t("Lines of the selection")}`,
            description: describeSource({ kind: "lines", text: selected }),
            choose: () => ({ kind: "lines", text: selected }),
          },
        ];
  const values: Choice[] = [
    {
      label: `$(json) ${t("JSON array…")}`,
      description: t("such as {0}", '["a", 2, {"b": 3}]'),
      choose: () => askValues(title),
    },
  ];
  const again: Choice[] =
    last === undefined
      ? []
      : [{ label: `$(history) ${describeSource(last)}`, description: t("as the last time"), choose: () => last }];
  const separator: Choice = { label: "", kind: vscode.QuickPickItemKind.Separator };
  const [first, later] = last && isOfFiles(last) ? [again, []] : [[], again];
  const choices =
    wanted === "files"
      ? [...first, ...files, separator, ...later, ...selection, ...values]
      : [...selection, ...again, ...files, separator, ...values];
  const picked = await vscode.window.showQuickPick(choices, {
    title,
    placeHolder: t("Items: the function runs once for each"),
  });
  return picked?.choose?.();
}

/** Files that the explorer or the editor handed over. */
export function sourceOfFiles(uris: readonly vscode.Uri[]): ItemSource {
  return { kind: "files", paths: uris.filter(({ scheme }) => scheme === "file").map(({ fsPath }) => fsPath) };
}

function isOfFiles({ kind }: ItemSource): boolean {
  return kind === "glob" || kind === "files" || kind === "git";
}

function selectedText(): string | null {
  const editor = vscode.window.activeTextEditor;
  if (!editor || editor.selections.every((selection) => selection.isEmpty)) return null;
  const text = editor.selections.map((selection) => editor.document.getText(selection)).join("\n");
  return text.trim() === "" ? null : text;
}

async function askFiles(title: string): Promise<ItemSource | undefined> {
  const choices = vscode.workspace
    .findFiles("**/*", undefined, maxFiles)
    .then((uris) =>
      uris.map((uri) => ({ label: fileItem(uri.fsPath).label, uri })).sort((a, b) => a.label.localeCompare(b.label)),
    );
  const picked = await vscode.window.showQuickPick(choices, {
    title,
    placeHolder: t("Files to run over"),
    canPickMany: true,
    ignoreFocusOut: true,
  });
  return picked && picked.length > 0 ? sourceOfFiles(picked.map(({ uri }) => uri)) : undefined;
}

async function askFilesOfDisk(title: string): Promise<ItemSource | undefined> {
  const uris = await openFiles({ title, openLabel: t("Choose Files"), canSelectMany: true });
  return uris.length > 0 ? sourceOfFiles(uris) : undefined;
}

async function askValues(title: string): Promise<ItemSource | undefined> {
  const problem = (text: string): string | undefined => {
    try {
      parseValues(text);
      return undefined;
    } catch (error) {
      return error instanceof ItemsError ? error.message : String(error);
    }
  };
  const text = await vscode.window.showInputBox({
    title,
    value: "[]",
    valueSelection: [1, 1],
    prompt: t("JSON array: the function runs once for each element"),
    validateInput: (typed) => (typed.replace(/\s/g, "") === "[]" ? t("Write at least one element") : problem(typed)),
    ignoreFocusOut: true,
  });
  return text === undefined ? undefined : { kind: "values", values: parseValues(text) };
}
