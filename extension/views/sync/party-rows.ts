import type { SyncInfo } from "../../../protocol/events.js";
import { joined } from "../amounts.js";
import { partyOf, partyText } from "../names.js";
import type { Snapshot } from "../snapshot.js";
import { waitDetails } from "../waits.js";
import { limited } from "../tree/limited.js";
import type { TreeNode } from "../tree/tree-node.js";
import { t } from "../../l10n.js";

/** The holders, then the waiters in their order. */
export function partyRows(sync: SyncInfo, snapshot: Snapshot): TreeNode[] {
  // One session may hold several permits, and wait several times.
  const seen = new Map<string, number>();
  const waitsHere = (session: string) =>
    (snapshot.known.waits.get(session) ?? []).filter(({ object }) => object === sync.handle);
  const row = (session: string, role: "holder" | "waiter", description: string): TreeNode => {
    const key = `${role}/${session}`;
    const nth = seen.get(key) ?? 0;
    seen.set(key, nth + 1);
    const party = partyOf(session, snapshot);
    return {
      id: `${sync.handle}/${key}${nth === 0 ? "" : `/${nth}`}`,
      label: party.name,
      description: joined(description, party.pid !== null && `pid ${party.pid}`),
      icon: role === "holder" ? { id: "key", color: "charts.yellow" } : { id: "debug-pause" },
      spoken: `${partyText(party)} ${description}`,
      context: `party ${role}${party.process === null ? "" : " process running"}`,
      about: party.process === null ? { kind: "nothing" } : { kind: "process", process: party.process },
      children: [],
      open: false,
      details: () => [
        [role === "holder" ? t("Holds it") : t("Waits for it"), partyText(party)],
        ...(role === "waiter" ? waitDetails(waitsHere(session), snapshot.at) : []),
        [t("Session"), session],
      ],
    };
  };
  const waiters = sync.waiters.map((session, i) => ({ session, i }));
  return [
    ...limited(`${sync.handle}/holders`, sync.holders, (session) => row(session, "holder", t("holds it"))),
    ...limited(`${sync.handle}/waiters`, waiters, ({ session, i }) =>
      row(session, "waiter", i === 0 ? t("waits, next") : t("waits")),
    ),
  ];
}
