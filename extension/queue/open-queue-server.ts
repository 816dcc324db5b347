import * as vscode from "vscode";
import { refusal, serverMain } from "../connection/open-window-server.js";
import { WindowServer } from "../connection/window-server.js";
import type { Settings } from "../settings.js";

/** As the command line has it: the server ends when it has had nothing to do and no client for this many seconds. */
const idleTimeoutMs = 60_000;

/** The server on this socket, found and started like the window's own. It hosts the user's queue. */
export function openQueueServer(
  path: string,
  context: vscode.ExtensionContext,
  log: vscode.LogOutputChannel,
  settings: Settings,
): WindowServer {
  const version = (context.extension.packageJSON as { version: string }).version;
  return new WindowServer({
    path,
    connect: async () => {
      const [{ openSession }, { plainSpeaker }] = await Promise.all([
        import("../connection/open-session.js"),
        import("../connection/plain-speaker.js"),
      ]);
      return openSession({ path, clientInfo: { name: vscode.env.appName, version }, speak: plainSpeaker });
    },
    launch: async () => {
      const { launch } = await import("../connection/launch.js");
      return launch({
        path,
        main: serverMain(context),
        nodePath: settings.nodePath,
        idleTimeoutMs,
        folder: null,
        queue: true,
        logFile: vscode.Uri.joinPath(context.logUri, "queue-server.log").fsPath,
        log: (line) => log.info(`queue: ${line}`),
      });
    },
    refusal,
    onAttachFailed: (error) => log.warn(`queue: ${error.message}`),
    onFault: (error) => log.error(error instanceof Error ? error : String(error)),
  });
}
