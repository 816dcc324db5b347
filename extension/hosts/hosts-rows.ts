import type { HostInfo } from "../../protocol/cluster.js";
import { joined, numberText, rowText } from "../views/amounts.js";
import { limited } from "../views/tree/limited.js";
import type { TreeNode } from "../views/tree/tree-node.js";
import { t } from "../l10n.js";

/** A row for each host, and below it the pools of which it runs something. */
export function hostsRows(hosts: readonly HostInfo[]): TreeNode[] {
  return limited("hosts", hosts, hostRow);
}

function hostRow(info: HostInfo): TreeNode {
  const { host, pid, slots, busy, load, draining, labels, protocol, pools } = info;
  const id = `host/${host}`;
  const slotsText = t("{0} of {1} slots", numberText(busy), numberText(slots));
  const state = draining ? t("draining") : t("takes work");
  return {
    id,
    label: rowText(host, 60),
    description: joined(draining && state, slotsText, t("load {0}", load.toFixed(2))),
    icon: draining ? { id: "debug-pause", color: "charts.yellow" } : { id: "vm" },
    spoken: t("Host {0}, {1}, {2}", rowText(host, 60), state, slotsText),
    context: `host ${draining ? "draining" : "ready"}`,
    about: { kind: "host", host },
    children: limited(id, pools, (pool) => poolRow(id, pool)),
    open: true,
    details: () => [
      [t("Host"), rowText(host, 200)],
      [t("State"), state],
      [t("Slots"), slotsText],
      [t("Load"), load.toFixed(2)],
      ...(labels.length === 0 ? [] : [[t("Labels"), rowText(labels.join(", "), 300)] as const]),
      [t("Agent"), `${rowText(host, 200)}:${pid}`],
      [t("Protocol"), protocol],
    ],
  };
}

function poolRow(host: string, { id, name, running }: HostInfo["pools"][number]): TreeNode {
  const label = rowText(name ?? id, 60);
  const count = t("{0} running", numberText(running));
  return {
    id: `${host}/pool/${id}`,
    label,
    description: count,
    icon: { id: "server-process" },
    spoken: `${label}, ${count}`,
    context: "hostPool",
    about: { kind: "nothing" },
    children: [],
    open: false,
    details: () => [
      [t("Pool"), rowText(name ?? id, 200)],
      [t("Running"), numberText(running)],
    ],
  };
}
