import { partyOf } from "../names.js";
import { joined } from "../amounts.js";
import type { Snapshot } from "../snapshot.js";
import { waitDetails, waitText } from "../waits.js";
import { clockText } from "./process-row.js";
import type { TreeNode } from "../tree/tree-node.js";
import { t } from "../../l10n.js";

/** A client and its processes. Null: the processes of disconnected clients. */
export function clientRow(session: string | null, below: readonly TreeNode[], snapshot: Snapshot): TreeNode {
  const base = { context: "client", about: { kind: "client", session }, children: below, open: true } as const;
  if (session === null) {
    return {
      ...base,
      id: "client/gone",
      label: t("Disconnected"),
      description: t("its client has gone"),
      icon: { id: "debug-disconnect", color: "descriptionForeground" },
      spoken: t("Disconnected, started by clients that have gone"),
      details: () => [
        [
          t("Disconnected"),
          t("The client that started these processes has closed its connection. The processes run on."),
        ],
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
    spoken: pid === null ? t("Client {0}", name) : t("Client {0}, pid {1}", name, pid),
    details: () => [
      [t("Client"), name],
      ...waitDetails(waits, snapshot.at),
      ...(info?.version ? [[t("Version"), info.version] as const] : []),
      ...(pid === null ? [] : [[t("Pid"), String(pid)] as const]),
      [t("Session"), session],
      ...(info ? [[t("Connected"), clockText(info.connectedAt)] as const] : []),
    ],
  };
}
