import type { SyncInfo } from "../../../protocol/events.js";
import { numberText } from "../amounts.js";
import { poolRow } from "../children/pool-row.js";
import type { Snapshot } from "../snapshot.js";
import { limited } from "../tree/limited.js";
import type { Icon, TreeNode } from "../tree/tree-node.js";
import { deadlockRow } from "./deadlock-row.js";
import { syncRow } from "./sync-row.js";
import { t } from "../../l10n.js";

interface Family {
  id: string;
  label: () => string;
  icon: Icon;
  kinds: readonly SyncInfo["kind"][];
}

const families: readonly Family[] = [
  { id: "group/locks", label: () => t("Locks"), icon: { id: "lock" }, kinds: ["lock", "rlock"] },
  { id: "group/semaphores", label: () => t("Semaphores"), icon: { id: "layers" }, kinds: ["semaphore"] },
  { id: "group/events", label: () => t("Events"), icon: { id: "bell" }, kinds: ["event"] },
  { id: "group/conditions", label: () => t("Conditions"), icon: { id: "broadcast" }, kinds: ["condition"] },
  { id: "group/barriers", label: () => t("Barriers"), icon: { id: "milestone" }, kinds: ["barrier"] },
  { id: "group/queues", label: () => t("Queues"), icon: { id: "list-ordered" }, kinds: ["queue"] },
  { id: "group/pipes", label: () => t("Pipes"), icon: { id: "arrow-swap" }, kinds: ["pipe"] },
];

/** Deadlocks first, then pools, then each kind of synchronisation that there is. */
export function syncTree(snapshot: Snapshot): TreeNode[] {
  const { known } = snapshot;
  const all = [...known.sync.values()];
  const pools = [...known.pools.values()].filter((pool) => pool.state === "running" || pool.workers > 0);
  return [
    ...[...known.deadlocks.values()].map((deadlock) => deadlockRow(deadlock, snapshot)),
    ...group("group/pools", t("Pools"), { id: "server-process" }, pools, (pool) => poolRow(pool, [], snapshot)),
    ...families.flatMap(({ id, label, icon, kinds }) =>
      group(
        id,
        label(),
        icon,
        all.filter((sync) => kinds.includes(sync.kind)),
        (sync) => syncRow(sync, snapshot),
      ),
    ),
  ];
}

function group<T>(id: string, label: string, icon: Icon, all: readonly T[], make: (one: T) => TreeNode): TreeNode[] {
  if (all.length === 0) return [];
  const count = numberText(all.length);
  return [
    {
      id,
      label,
      description: count,
      icon,
      spoken: `${label}, ${count}`,
      context: "group",
      about: { kind: "nothing" },
      children: limited(id, all, make),
      open: true,
      details: () => [[label, count]],
    },
  ];
}
