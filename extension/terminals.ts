import { existsSync } from "node:fs";
import { delimiter } from "node:path";
import * as vscode from "vscode";
import { shellWord } from "./connection-details.js";
import type { Settings } from "./settings.js";

/**
 * Terminals have the address of the window's server in their environment. A program that needs the server starts it
 * with the command in POLYPROC_SERVE. `polyproc` is at the end of PATH, so an installed one comes first; it runs with
 * POLYPROC_EDITOR_NODE if there is no other Node.js.
 */
export function registerTerminals(
  context: vscode.ExtensionContext,
  settings: Settings,
  address: string,
): vscode.Disposable {
  const collection = context.environmentVariableCollection;
  const fill = () => {
    collection.clear();
    if (!vscode.workspace.isTrusted) return;
    const description = new vscode.MarkdownString(
      "`polyproc` and programs that use Polyproc work with this window's server: " +
        "what they run shows up in its side bar.",
    );
    collection.description = description;
    collection.replace("POLYPROC_ADDRESS", address);
    const bin = context.asAbsolutePath("bin");
    if (!existsSync(bin)) return;
    collection.append("PATH", `${delimiter}${bin}`);
    collection.replace("POLYPROC_EDITOR_NODE", process.execPath);
    // The server starts as the window starts it: in the workspace's folder, not in the terminal's.
    const folder = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === "file")?.uri.fsPath;
    const polyproc =
      settings.nodePath === ""
        ? [context.asAbsolutePath("bin/polyproc")]
        : [settings.nodePath, context.asAbsolutePath("dist/cli.cjs")];
    const serve = [
      ...polyproc,
      "serve",
      "--detach",
      "--listen",
      address,
      "--idle-timeout",
      String(settings.idleTimeoutMs / 1000),
    ];
    const serveIn = (path: string) =>
      `cd ${shellWord(path)}; ${serve.map(shellWord).join(" ")} $(test -f polyproc.json && echo --config ` +
      "polyproc.json)";
    collection.replace("POLYPROC_SERVE", folder === undefined ? serve.map(shellWord).join(" ") : serveIn(folder));
  };
  fill();
  return vscode.Disposable.from(
    vscode.workspace.onDidGrantWorkspaceTrust(fill),
    settings.onDidChange(["server.idleTimeout", "nodePath"], fill),
  );
}
