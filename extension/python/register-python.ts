import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as vscode from "vscode";
import type { Settings } from "../settings.js";
import { choosePython, namesPython } from "./choose-python.js";
import { t } from "../l10n.js";

/** What this extension uses of the Python extension's API. */
interface PythonApi {
  environments: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { path: string };
    resolveEnvironment(environment: {
      path: string;
    }): Promise<{ executable: { uri: vscode.Uri | undefined } } | undefined>;
  };
}

const pythonExtension = () => vscode.extensions.getExtension<PythonApi>("ms-python.python");

/** The interpreter of a module's functions in this window; undefined: the server finds it. */
export function pythonFinder(
  settings: Settings,
  log: vscode.LogOutputChannel,
): (module: string) => Promise<string | undefined> {
  return (module) => {
    const uri = vscode.Uri.file(module);
    return choosePython(module, {
      setting: settings.pythonPath(uri),
      isConfigured: () => {
        const folder = vscode.workspace.workspaceFolders?.find((one) => one.uri.scheme === "file")?.uri.fsPath;
        if (folder === undefined) return false;
        try {
          return namesPython(readFileSync(join(folder, "polyproc.json"), "utf8"));
        } catch {
          return false;
        }
      },
      active: async () => {
        try {
          const api = await pythonExtension()?.activate();
          if (!api) return undefined;
          const environment = api.environments.getActiveEnvironmentPath(uri);
          return (await api.environments.resolveEnvironment(environment))?.executable.uri?.fsPath;
        } catch (error) {
          log.warn(`the Python extension did not tell its active environment: ${String(error)}`);
          return undefined;
        }
      },
    });
  };
}

/** `polyproc.selectPython`: by the Python extension if it is there, else by the setting. */
export function registerPython(): vscode.Disposable {
  return vscode.commands.registerCommand("polyproc.selectPython", async () => {
    if (pythonExtension()) {
      await vscode.commands.executeCommand("python.setInterpreter");
      return;
    }
    const chosen = await vscode.window.showOpenDialog({
      title: t("The interpreter of Python functions, such as .venv/bin/python"),
      openLabel: t("Use"),
    });
    const path = chosen?.[0]?.fsPath;
    if (path === undefined) return;
    const target =
      vscode.workspace.workspaceFolders === undefined
        ? vscode.ConfigurationTarget.Global
        : vscode.ConfigurationTarget.Workspace;
    await vscode.workspace.getConfiguration("polyproc").update("pythonPath", path, target);
  });
}
