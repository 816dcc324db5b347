import * as vscode from "vscode";
import type { Rpc } from "./connection/rpc.js";
import type { WindowServer } from "./connection/window-server.js";
import { whatRuns, type Numbers } from "./numbers.js";
import { t } from "./l10n.js";

/**
 * Shows the user what happened to the server, once, with the possible actions. Registered before the model, so
 * `numbers` still has the last state.
 */
export function registerServerNotices(
  server: WindowServer,
  version: string,
  log: vscode.LogOutputChannel,
  numbers: () => Numbers,
): vscode.Disposable {
  return vscode.Disposable.from(
    server.onDidChange((state) => {
      switch (state.kind) {
        case "connected":
          log.info(
            `connected to the server ${state.rpc.server.version}, pid ${state.rpc.server.pid}, at ${state.address}`,
          );
          if (state.rpc.server.version !== version) void otherVersion(server, state.rpc, version, log);
          break;
        case "lost":
          lost(state.detail, whatRuns(numbers()), log);
          break;
        case "failed":
          log.error(state.message);
          break;
        case "none":
          log.info("the server has ended");
          break;
        case "starting":
          break;
      }
    }),
  );
}

function lost(detail: string, had: string | null, log: vscode.LogOutputChannel): void {
  const message =
    `The server ended unexpectedly: ${detail}. ` +
    `${had === null ? "Nothing was running." : `Lost with it: ${had}.`} The next run starts another one.`;
  log.error(message);
  if (had === null) return;
  const text = t(
    "The server ended unexpectedly: {0}. Lost with it: {1}. The next run starts another one.",
    detail,
    had,
  );
  void vscode.window.showErrorMessage(`Polyproc: ${text}`, t("Show Log")).then((answer) => {
    if (answer !== undefined) log.show(true);
  });
}

/**
 * Left by an older version of this extension, or started by another copy of the package: it is used if it has work,
 * replaced if it has none.
 */
async function otherVersion(
  server: WindowServer,
  rpc: Rpc,
  version: string,
  log: vscode.LogOutputChannel,
): Promise<void> {
  try {
    const [status, { sessions }, { runs }] = await Promise.all([
      rpc.request("server/status", {}),
      rpc.request("server/sessions", {}),
      rpc.request("run/list", {}),
    ]);
    const running = Math.max(0, status.processes - status.warmHosts);
    const alone =
      sessions.filter(({ role, session }) => role === "client" && session !== rpc.facts.session).length === 0;
    if (running === 0 && runs.length === 0 && alone) {
      log.info(`the server is version ${rpc.server.version}, this extension ${version}: it is idle, and is replaced`);
      await server.restart();
      return;
    }
    const ends = whatRuns({ running, runs: runs.filter(({ endedAt }) => endedAt === null).length });
    log.warn(`the server is version ${rpc.server.version}, this extension ${version}, and the server has work`);
    const message =
      ends === null
        ? t(
            "The server is version {0}, this extension {1}. A restart gives you the new version.",
            rpc.server.version,
            version,
          )
        : t(
            "The server is version {0}, this extension {1}. A restart gives you the new version, and ends {2}.",
            rpc.server.version,
            version,
            ends,
          );
    const restart = t("Restart Server");
    if ((await vscode.window.showWarningMessage(`Polyproc: ${message}`, restart, t("Later"))) === restart)
      await server.restart();
  } catch (error) {
    log.warn(
      `the server is version ${rpc.server.version}, this extension ${version}; it could not be replaced: ` +
        `${(error as Error).message}`,
    );
  }
}
