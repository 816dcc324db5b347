import * as vscode from "vscode";
import type { Parts } from "../parts.js";
import { chosenRows } from "../views/actions/chosen.js";
import { rowText } from "../views/amounts.js";
import { LiveTree } from "../views/tree/live-tree.js";
import { t } from "../l10n.js";
import { HostsLink, type HostsState } from "./hosts-link.js";
import { hostsRows } from "./hosts-rows.js";

/** The hosts of the cluster in the side bar, while the setting names one. */
export function registerHosts({ server, settings, log }: Parts): vscode.Disposable {
  const link = new HostsLink({ cluster: () => settings.cluster, attach: () => server.attach() });
  let following: vscode.Disposable | { dispose(): void } | null = null;
  const tree = new LiveTree(
    "polyproc.hosts",
    () => (link.state.kind === "known" ? hostsRows(link.state.list.hosts) : []),
    (isVisible) => {
      if (isVisible) following ??= link.follow();
      else {
        following?.dispose();
        following = null;
      }
    },
  );
  const attempt = async (title: string, work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      log.error(`${title}:`, error);
      void vscode.window.showErrorMessage(`${title}: ${error instanceof Error ? error.message : String(error)}`);
    }
    link.look();
  };
  const drain = async (...args: unknown[]) => {
    const title = t("Drain Host…");
    await attempt(title, async () => {
      const about = chosenRows(args[0], args[1]).map((id) => tree.node(id)?.about);
      const chosen = about.flatMap((one) => (one?.kind === "host" ? [one.host] : []));
      const hosts = args[0] === undefined ? await chooseHost(title) : chosen;
      if (hosts.length > 0 && (await mayDrain(hosts)))
        for (const host of hosts)
          await (await server.ensure()).request("cluster/drain", { cluster: settings.cluster, host });
    });
  };
  const chooseHost = async (title: string): Promise<string[]> => {
    const { hosts } = await (await server.ensure()).request("cluster/hosts", { cluster: settings.cluster });
    const ready = hosts.filter(({ draining }) => !draining).map(({ host }) => host);
    const picked = await vscode.window.showQuickPick(ready, { title, placeHolder: t("Which host?") });
    return picked === undefined ? [] : [picked];
  };
  const tellSetting = () =>
    void vscode.commands.executeCommand("setContext", "polyproc.hasCluster", settings.cluster !== "");
  tellSetting();
  return vscode.Disposable.from(
    tree,
    { dispose: () => following?.dispose() },
    settings.onDidChange(["cluster"], () => {
      tellSetting();
      link.look();
    }),
    server.onDidChange(() => link.look()),
    link.onDidChange(() => {
      const message = messageOf(link.state);
      if ((tree.view.message ?? "") !== message) tree.view.message = message;
      tree.update();
    }),
    vscode.commands.registerCommand("polyproc.hosts.drain", drain),
    vscode.commands.registerCommand("polyproc.hosts.open", async () => {
      await vscode.commands.executeCommand("polyproc.hosts.focus");
      await attempt(t("Show Hosts"), () => server.ensure());
    }),
  );
}

/** What the view says above its rows. */
function messageOf(state: HostsState): string {
  if (state.kind === "failed") return rowText(state.message, 300);
  if (state.kind === "none" || state.list.hosts.length > 0) return "";
  return t("No agent runs in this cluster. On each host, start polyproc agent --cluster ADDRESS.");
}

async function mayDrain(hosts: readonly string[]): Promise<boolean> {
  const drain = t("Drain");
  const answer = await vscode.window.showWarningMessage(
    t("Drain {0}?", hosts.map((host) => rowText(host, 60)).join(", ")),
    { modal: true, detail: t("It takes no more tasks, and its agent ends when its tasks have ended.") },
    drain,
  );
  return answer === drain;
}
