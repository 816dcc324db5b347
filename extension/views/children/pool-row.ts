import type { PoolInfo } from "../../../protocol/pool.js";
import { joined, numberText, rateText } from "../amounts.js";
import { partyOf, partyText, poolName } from "../names.js";
import type { Snapshot } from "../snapshot.js";
import type { Detail, TreeNode } from "../tree/tree-node.js";

/** Pools in both views look alike. `below`: its workers, where they are shown. */
export function poolRow(pool: PoolInfo, below: readonly TreeNode[], snapshot: Snapshot): TreeNode {
  const label = poolName(pool, snapshot);
  const rate = snapshot.known.rates.get(pool.pool) ?? 0;
  const workers = workersText(pool);
  const state = pool.state === "running" ? null : pool.state;
  return {
    id: pool.pool,
    label,
    description: joined(
      state,
      workers,
      pool.queued > 0 && `${numberText(pool.queued)} queued`,
      `${numberText(pool.done)} done`,
      pool.failed > 0 && `${numberText(pool.failed)} failed`,
      rate > 0 && rateText(rate),
    ),
    icon: { id: "server-process", ...(pool.busy > 0 ? { color: "charts.green" } : {}) },
    spoken: [`Pool ${label}`, state, `${pool.processes} processes`].filter(Boolean).join(", "),
    context: ["pool", pool.state, ...(pool.run === null ? [] : ["run"])].join(" "),
    about: { kind: "pool", pool: pool.pool },
    children: below,
    open: true,
    details: () => details(pool, rate, snapshot),
  };
}

function workersText({ busy, workers }: PoolInfo): string {
  const idle = Math.max(0, workers - busy);
  if (workers === 0 && busy === 0) return "no workers";
  return idle > 0 ? `${busy} busy, ${idle} idle` : `${busy} busy`;
}

function details(pool: PoolInfo, rate: number, snapshot: Snapshot): Detail[] {
  const why = snapshot.known.queued.get(pool.pool)?.text;
  return [
    ["Pool", poolName(pool, snapshot)],
    ["State", pool.state],
    ["Workers", `${workersText(pool)}; at most ${pool.processes}`],
    ["Tasks", `${numberText(pool.queued)} queued, ${numberText(pool.done)} done, ${numberText(pool.failed)} failed`],
    ...(why === undefined ? [] : [["Why", why] as Detail]),
    ["Rate", `${rateText(rate)} over the last seconds`],
    ...(pool.interpreters === undefined ? [] : [["Runs in", pool.interpreters.join(", ")] as Detail]),
    ["Made by", partyText(partyOf(pool.session, snapshot))],
    ["Handle", pool.pool],
  ];
}
