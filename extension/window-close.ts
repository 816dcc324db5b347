import type * as vscode from "vscode";
import type { Server } from "./connection/rpc.js";
import type { Settings } from "./settings.js";

/** Milliseconds in which a reloaded window connects again. */
const reloadMs = 15_000;

/**
 * `polyproc.onWindowClose`: the window sends the setting in advance, because a killed window can send nothing. The
 * server cannot distinguish a reload from a close, so it waits for a client to connect again.
 */
export function registerWindowClose(
  server: Server,
  settings: Settings,
  log: vscode.LogOutputChannel,
): { dispose(): void }[] {
  const tell = (takeBack: boolean) => {
    if (server.state.kind !== "connected") return;
    const stop = settings.onWindowClose === "stop";
    if (!stop && !takeBack) return;
    server.state.rpc
      .request("server/stop", { whenAloneMs: stop ? reloadMs : null })
      .catch((error: Error) => log.warn(`onWindowClose: ${error.message}`));
  };
  return [
    server.onDidChange(({ kind }) => kind === "connected" && tell(false)),
    settings.onDidChange(["onWindowClose"], () => tell(true)),
  ];
}
