import { existsSync } from "node:fs";
import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import type { Settings } from "../settings.js";
import { serverName, socketPath } from "./socket-path.js";
import { traceTap } from "./trace.js";
import { WindowServer } from "./window-server.js";
import { t } from "../l10n.js";

/** Where the name of the window's server is remembered. */
const nameKey = "polyproc.serverName";

/**
 * The window's server, as this editor finds and starts it. Nothing is loaded, opened or started before it is needed.
 */
export function openWindowServer(
  context: vscode.ExtensionContext,
  log: vscode.LogOutputChannel,
  settings: Settings,
): WindowServer {
  const path = socketPath(windowServerName(context.workspaceState));
  const version = (context.extension.packageJSON as { version: string }).version;
  const tap = traceTap(
    () => (settings.trace !== "off" ? settings.trace : log.logLevel === vscode.LogLevel.Trace ? "messages" : "off"),
    (line) => (settings.trace === "off" ? log.trace(line) : log.info(line)),
  );
  return new WindowServer({
    path,
    connect: async () => {
      const [{ openSession }, { languageClientSpeaker }] = await Promise.all([
        import("./open-session.js"),
        import("./language-client.js"),
      ]);
      return openSession({
        path,
        clientInfo: { name: vscode.env.appName, version },
        tap,
        speak: (transport, strategy) => languageClientSpeaker(log, transport, strategy),
      });
    },
    launch: async () => {
      const { launch } = await import("./launch.js");
      return launch({
        path,
        main: serverMain(context),
        nodePath: settings.nodePath,
        idleTimeoutMs: settings.idleTimeoutMs,
        folder: vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === "file")?.uri.fsPath ?? null,
        logFile: vscode.Uri.joinPath(context.logUri, "server.log").fsPath,
        log: (line) => log.info(line),
      });
    },
    refusal,
    onAttachFailed: (error) => {
      log.error(error.message);
      void offerRestart(error.message);
    },
    onFault: (error) => log.error(error instanceof Error ? error : String(error)),
  });
}

/**
 * The server's name, which stays the same while the workspace is open. Another first folder restarts the extensions,
 * and the window must then find its running server again. So the name is stored with the workspace. VS Code keeps that
 * storage when a single folder becomes a workspace of several.
 */
function windowServerName(memory: vscode.Memento): string {
  const remembered = memory.get<unknown>(nameKey);
  if (typeof remembered === "string" && /^[0-9a-f]{16}$/.test(remembered)) return remembered;
  const { workspaceFile, workspaceFolders = [] } = vscode.workspace;
  const name =
    serverName({
      file: workspaceFile && workspaceFile.scheme !== "untitled" ? workspaceFile.toString() : null,
      folders: workspaceFolders.map(({ uri }) => uri.toString()),
    }) ?? randomBytes(8).toString("hex");
  void memory.update(nameKey, name);
  return name;
}

/** The server's main file: in the bundle, or as compiled in a checkout. */
export function serverMain(context: vscode.ExtensionContext): string {
  const bundled = context.asAbsolutePath("dist/server.cjs");
  return existsSync(bundled) ? bundled : context.asAbsolutePath("dist/server/main.js");
}

/** Why no server may be used in this window; null if one may be. */
export function refusal(): string | null {
  if (process.platform === "win32")
    return t("Polyproc's server runs on Linux and macOS: open this folder in WSL, in a container or over SSH");
  return vscode.workspace.isTrusted
    ? null
    : t("this workspace is not trusted: trust it first (Workspaces: Manage Workspace Trust)");
}

async function offerRestart(message: string): Promise<void> {
  const restart = t("Restart Server…");
  const answer = await vscode.window.showErrorMessage(`Polyproc: ${message}.`, restart, t("Show Log"));
  if (answer === restart) await vscode.commands.executeCommand("polyproc.restartServer");
  else if (answer !== undefined) await vscode.commands.executeCommand("polyproc.showLog");
}
