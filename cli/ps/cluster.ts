import type { ClusterPoolInfo, HostInfo } from "../../protocol/cluster.js";
import { openAnyServer } from "../server-link.js";
import { renderTable, type Column } from "../table.js";

const hostColumns: readonly Column[] = [
  { title: "HOST" },
  { title: "PID", align: "right" },
  { title: "BUSY", align: "right" },
  { title: "SLOTS", align: "right" },
  { title: "LOAD", align: "right" },
  { title: "STATE" },
  { title: "LABELS" },
];
const poolColumns: readonly Column[] = [
  { title: "POOL" },
  { title: "RUNNING", align: "right" },
  { title: "LIMIT", align: "right" },
  { title: "QUEUED", align: "right" },
];

/** The hosts and pools of a cluster: tables, or one JSON object. */
export async function clusterText(cluster: string, json: boolean): Promise<string> {
  const { connection } = await openAnyServer();
  try {
    const state = await connection.request("cluster/hosts", { cluster });
    return `${json ? JSON.stringify(state, null, 2) : renderCluster(state).join("\n")}\n`;
  } finally {
    await connection.close();
  }
}

/** Tables of the hosts and the pools. */
export function renderCluster({ hosts, pools }: { hosts: HostInfo[]; pools: ClusterPoolInfo[] }): string[] {
  const hostRows = hosts.map(({ host, pid, busy, slots, load, draining, labels }) => [
    host,
    String(pid),
    String(busy),
    String(slots),
    load.toFixed(2),
    draining ? "draining" : "ready",
    labels.join(" "),
  ]);
  const poolRows = pools.map(({ id, name, running, processes, queued }) => [
    name ?? id,
    String(running),
    processes === null ? "" : String(processes),
    String(queued),
  ]);
  return [...renderTable(hostColumns, hostRows), "", ...renderTable(poolColumns, poolRows)];
}
