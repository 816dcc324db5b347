import * as vscode from "vscode";
import type { Model } from "./model/model.js";
import type { Server } from "./connection/rpc.js";
import { HostsLink, type HostList } from "./hosts/hosts-link.js";
import { numbersOf, statusText, type Numbers } from "./numbers.js";
import type { Settings } from "./settings.js";
import { t } from "./l10n.js";

/** `2/4 workers, 17 queued`, while there is a server. */
export function registerStatusBar(server: Server, model: Model, settings: Settings): vscode.Disposable {
  const item = vscode.window.createStatusBarItem("polyproc.status", vscode.StatusBarAlignment.Left, 50);
  item.name = "Polyproc";
  item.command = "polyproc.children.focus";
  let shown = "";
  const hosts = new HostsLink({ cluster: () => settings.cluster, attach: () => server.attach() });
  let following: { dispose(): void } | null = null;
  /** The hosts are asked for while a pool uses them. */
  const follow = (isUsed: boolean) => {
    if (isUsed) following ??= hosts.follow();
    else {
      following?.dispose();
      following = null;
    }
  };
  const update = () => {
    if (server.state.kind !== "connected") {
      follow(false);
      item.hide();
      shown = "";
      return;
    }
    const numbers = numbersOf(model);
    follow(numbers.onCluster !== null);
    const slots = following && hosts.state.kind === "known" ? slotsOf(hosts.state.list) : null;
    const key = JSON.stringify([numbers, slots]);
    if (key === shown) return;
    shown = key;
    item.text = numbers.deadlocks > 0 ? `$(warning) ${t("Deadlock")}` : statusText(numbers, slots);
    item.accessibilityInformation = { label: `Polyproc: ${spoken(numbers)}`, role: "button" };
    item.tooltip = tooltip(numbers, slots, server.state.rpc.server);
    item.backgroundColor = numbers.deadlocks > 0 ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
    item.show();
  };
  return vscode.Disposable.from(
    item,
    server.onDidChange(update),
    model.onDidChange(update),
    hosts.onDidChange(update),
    { dispose: () => follow(false) },
  );
}

function slotsOf({ hosts }: HostList): number {
  return hosts.reduce((sum, { slots, draining }) => (draining ? sum : sum + slots), 0);
}

function spoken({ busy, total, onCluster, queued, running, deadlocks }: Numbers): string {
  const workers = total === 0 ? t("no pools") : t("{0} of {1} workers busy, {2} tasks queued", busy, total, queued);
  return (
    `${deadlocks > 0 ? `${t(deadlocks === 1 ? "{0} deadlock" : "{0} deadlocks", deadlocks)}, ` : ""}${workers}, ` +
    (onCluster === null ? "" : `${t("{0} tasks on the cluster", onCluster)}, `) +
    t("{0} processes running", running)
  );
}

function tooltip(
  { busy, total, onCluster, queued, running, runs, deadlocks }: Numbers,
  slots: number | null,
  { version, pid }: { version: string; pid: number },
): vscode.MarkdownString {
  const rows: [string, number | string][] = [
    [t("Busy workers"), t("{0} of {1}", busy, total)],
    ...(onCluster === null
      ? []
      : [
          [t("Tasks on the cluster"), slots === null ? onCluster : t("{0} of {1}", onCluster, slots)] as [
            string,
            number | string,
          ],
        ]),
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
