import * as vscode from "vscode";
import type { Model } from "./model/model.js";
import type { Server } from "./connection/rpc.js";
import { numbersOf, type Numbers } from "./numbers.js";
import { t } from "./l10n.js";

/** `2/4 workers, 17 queued`, while there is a server. */
export function registerStatusBar(server: Server, model: Model): vscode.Disposable {
  const item = vscode.window.createStatusBarItem("polyproc.status", vscode.StatusBarAlignment.Left, 50);
  item.name = "Polyproc";
  item.command = "polyproc.children.focus";
  let shown = "";
  const update = () => {
    if (server.state.kind !== "connected") {
      item.hide();
      shown = "";
      return;
    }
    const numbers = numbersOf(model);
    const key = JSON.stringify(numbers);
    if (key === shown) return;
    shown = key;
    item.text = text(numbers);
    item.accessibilityInformation = { label: `Polyproc: ${spoken(numbers)}`, role: "button" };
    item.tooltip = tooltip(numbers, server.state.rpc.server);
    item.backgroundColor = numbers.deadlocks > 0 ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
    item.show();
  };
  return vscode.Disposable.from(item, server.onDidChange(update), model.onDidChange(update));
}

function text({ busy, total, queued, running, deadlocks }: Numbers): string {
  if (deadlocks > 0) return `$(warning) ${t("Deadlock")}`;
  if (total === 0) return running === 0 ? "$(server-process)" : `$(server-process) ${running}`;
  return `$(server-process) ${busy}/${total}${queued === 0 ? "" : ` +${queued.toLocaleString("en")}`}`;
}

function spoken({ busy, total, queued, running, deadlocks }: Numbers): string {
  const workers = total === 0 ? t("no pools") : t("{0} of {1} workers busy, {2} tasks queued", busy, total, queued);
  return (
    `${deadlocks > 0 ? `${t(deadlocks === 1 ? "{0} deadlock" : "{0} deadlocks", deadlocks)}, ` : ""}${workers}, ` +
    t("{0} processes running", running)
  );
}

function tooltip(
  { busy, total, queued, running, runs, deadlocks }: Numbers,
  { version, pid }: { version: string; pid: number },
): vscode.MarkdownString {
  const rows: [string, number | string][] = [
    [t("Busy workers"), t("{0} of {1}", busy, total)],
    [t("Queued tasks"), queued.toLocaleString("en")],
    [t("Running processes"), running.toLocaleString("en")],
    [t("Runs under way"), runs],
  ];
  const lines = [
    "**Polyproc**",
    "",
    ...(deadlocks > 0
      ? [
          `$(warning) ${
            deadlocks === 1
              ? t("A deadlock found: open the view to break it.")
              : t("{0} deadlocks found: open the view to break them.", deadlocks)
          }`,
          "",
        ]
      : []),
    "| | |",
    "|:--|--:|",
    ...rows.map(([name, value]) => `| ${name} | ${value} |`),
    "",
    t("Server {0}, pid {1}", version, pid),
  ];
  return new vscode.MarkdownString(lines.join("\n"), true);
}
