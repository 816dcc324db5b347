import { partyOf } from "../names.js";
import { joined } from "../amounts.js";
import type { Snapshot } from "../snapshot.js";
import { waitDetails, waitText } from "../waits.js";
import { clockText } from "./process-row.js";
import type { TreeNode } from "../tree/tree-node.js";

/** A client and its processes. Null: the processes of disconnected clients. */
export function clientRow(session: string | null, below: readonly TreeNode[], snapshot: Snapshot): TreeNode {
  const base = { context: "client", about: { kind: "client", session }, children: below, open: true } as const;
  if (session === null) {
    return {
      ...base,
      id: "client/gone",
      label: "Disconnected",
      description: "its client has gone",
      icon: { id: "debug-disconnect", color: "descriptionForeground" },
      spoken: "Disconnected, started by clients that have gone",
      details: () => [
        ["Disconnected", "The client that started these processes has closed its connection. The processes run on."],
      ],
    };
  }
  const { name, pid } = partyOf(session, snapshot);
  const waits = snapshot.known.waits.get(session) ?? [];
  const info = snapshot.known.sessions.get(session);
  return {
    ...base,
    id: `client/${session}`,
    label: name,
    description: joined(waitText(waits), pid !== null && `pid ${pid}`),
    icon: { id: session === snapshot.ownSession ? "window" : "plug" },
    spoken: pid === null ? `Client ${name}` : `Client ${name}, pid ${pid}`,
    details: () => [
      ["Client", name],
      ...waitDetails(waits, snapshot.at),
      ...(info?.version ? [["Version", info.version] as const] : []),
      ...(pid === null ? [] : [["Pid", String(pid)] as const]),
      ["Session", session],
      ...(info ? [["Connected", clockText(info.connectedAt)] as const] : []),
    ],
  };
}
