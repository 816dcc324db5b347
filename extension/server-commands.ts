import * as vscode from "vscode";
import { connectionDetails } from "./connection-details.js";
import type { WindowServer } from "./connection/window-server.js";
import type { Model } from "./model/model.js";
import { numbersOf, whatRuns } from "./numbers.js";
import { t } from "./l10n.js";

/** `polyproc.restartServer`, `stopServer`, `copyConnection`, `showLog`. */
export function registerServerCommands(
  server: WindowServer,
  model: Model,
  log: vscode.LogOutputChannel,
): vscode.Disposable {
  const command = (id: string, run: (...args: never[]) => Promise<void>) =>
    vscode.commands.registerCommand(id, async (...args: never[]) => {
      try {
        await run(...args);
      } catch (error) {
        log.error(error as Error);
        const show = await vscode.window.showErrorMessage(`Polyproc: ${(error as Error).message}`, t("Show Log"));
        if (show !== undefined) log.show(true);
      }
    });
  return vscode.Disposable.from(
    command("polyproc.restartServer", async () => {
      if (!(await confirmed(server, model, t("Restart the server?"), t("Restart Server")))) return;
      await server.restart();
      void vscode.window.setStatusBarMessage(t("Polyproc: the server was restarted"), 5000);
    }),
    command("polyproc.stopServer", async () => {
      if (!(await confirmed(server, model, t("Stop the server?"), t("Stop Server")))) return;
      await server.stop();
      void vscode.window.setStatusBarMessage(
        t("Polyproc: the server was stopped; the next run starts another one"),
        5000,
      );
    }),
    command("polyproc.copyConnection", () => copyConnection(server.address)),
    command("polyproc.showLog", async () => log.show(true)),
  );
}

/** Asks the user only if something would end. */
async function confirmed(server: WindowServer, model: Model, question: string, yes: string): Promise<boolean> {
  const { running, runs } = numbersOf(model);
  // A server without a session of this window may have work, too.
  const processes = server.state.kind === "connected" ? running : ((await server.load())?.processes ?? 0);
  const ends = whatRuns({ running: processes, runs });
  if (ends === null) return true;
  return (
    (await vscode.window.showWarningMessage(
      question,
      { modal: true, detail: t("That ends {0}, of all clients.", ends) },
      yes,
    )) === yes
  );
}

async function copyConnection(address: string): Promise<void> {
  const { shell, json } = connectionDetails(address);
  const choices = [
    { label: t("Shell"), detail: shell, text: `${shell}\n`, description: t("for a terminal outside this window") },
    { label: t("Address"), detail: address, text: address, description: t("for connect() and --server options") },
    { label: "JSON", detail: json, text: json, description: t("environment variables, for configuration files") },
  ];
  const choice = await vscode.window.showQuickPick(choices, {
    title: t("Copy Connection Details"),
    placeHolder: t("In which form? Programs find this window's server by POLYPROC_ADDRESS"),
  });
  if (!choice) return;
  await vscode.env.clipboard.writeText(choice.text);
  void vscode.window.setStatusBarMessage(t("Polyproc: connection details were copied"), 5000);
}
