import type { PoolInfo } from "../../../protocol/pool.js";
import { joined, numberText, rateText } from "../amounts.js";
import { partyOf, partyText, poolName } from "../names.js";
import type { Snapshot } from "../snapshot.js";
import type { Detail, TreeNode } from "../tree/tree-node.js";
import { t } from "../../l10n.js";

/** Pools in both views look alike. `below`: its workers, where they are shown. */
export function poolRow(pool: PoolInfo, below: readonly TreeNode[], snapshot: Snapshot): TreeNode {
  const label = poolName(pool, snapshot);
  const rate = snapshot.known.rates.get(pool.pool) ?? 0;
  const workers = workersText(pool);
  const state = pool.state === "running" ? null : stateText(pool);
  return {
    id: pool.pool,
    label,
    description: joined(
      state,
      workers,
      pool.queued > 0 && t("{0} queued", numberText(pool.queued)),
      t("{0} done", numberText(pool.done)),
      pool.failed > 0 && t("{0} failed", numberText(pool.failed)),
      rate > 0 && rateText(rate),
    ),
    icon: { id: "server-process", ...(pool.busy > 0 ? { color: "charts.green" } : {}) },
    spoken: [t("Pool {0}", label), state, t("{0} processes", pool.processes)].filter(Boolean).join(", "),
    context: ["pool", pool.state, ...(pool.run === null ? [] : ["run"])].join(" "),
    about: { kind: "pool", pool: pool.pool },
    children: below,
    open: true,
    details: () => details(pool, rate, snapshot),
  };
}

/** The state of a pool that accepts no more tasks. */
function stateText({ state }: PoolInfo): string {
  const texts: Partial<Record<PoolInfo["state"], string>> = { closed: t("closed"), terminated: t("terminated") };
  return texts[state] ?? state;
}

function workersText({ busy, workers }: PoolInfo): string {
  const idle = Math.max(0, workers - busy);
  if (workers === 0 && busy === 0) return t("no workers");
  return idle > 0 ? t("{0} busy, {1} idle", busy, idle) : t("{0} busy", busy);
}

function details(pool: PoolInfo, rate: number, snapshot: Snapshot): Detail[] {
  const why = snapshot.known.queued.get(pool.pool)?.text;
  return [
    [t("Pool"), poolName(pool, snapshot)],
    [t("State"), pool.state === "running" ? t("running") : stateText(pool)],
    [t("Workers"), t("{0}; at most {1}", workersText(pool), pool.processes)],
    [
      t("Tasks"),
      t("{0} queued, {1} done, {2} failed", numberText(pool.queued), numberText(pool.done), numberText(pool.failed)),
    ],
    ...(why === undefined ? [] : [[t("Why"), why] as Detail]),
    [t("Rate"), t("{0} over the last seconds", rateText(rate))],
    ...(pool.interpreters === undefined ? [] : [[t("Runs in"), pool.interpreters.join(", ")] as Detail]),
    [t("Made by"), partyText(partyOf(pool.session, snapshot))],
    [t("Handle"), pool.pool],
  ];
}
