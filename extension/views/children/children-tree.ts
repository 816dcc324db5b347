import type { PoolInfo } from "../../../protocol/pool.js";
import type { ProcessInfo } from "../../../protocol/process.js";
import type { Snapshot } from "../snapshot.js";
import { limited, mostRows } from "../tree/limited.js";
import type { TreeNode } from "../tree/tree-node.js";
import { clientRow } from "./client-row.js";
import { descendantRows } from "./descendant-rows.js";
import { Family } from "./family.js";
import { poolRow } from "./pool-row.js";
import { processRow } from "./process-row.js";
import { Slots } from "./slots.js";

/** `active_children` as a tree: client, process, its children; pools with their workers; what those started. */
export class ChildrenTree {
  readonly #slots = new Slots();

  build(snapshot: Snapshot): TreeNode[] {
    const family = new Family(snapshot.known, snapshot.ownSession);
    const shownPools = new Set<string>();
    const rows = family
      .clients()
      .map((session) =>
        clientRow(session, this.#below(family.ofClient(session), family, snapshot, shownPools), snapshot),
      );
    this.#slots.keep(shownPools);
    return rows;
  }

  /** Processes first, then pools. */
  #below(
    group: { id: string; processes: readonly ProcessInfo[]; pools: readonly PoolInfo[] },
    family: Family,
    snapshot: Snapshot,
    shownPools: Set<string>,
  ): TreeNode[] {
    return [
      ...limited(group.id, livingFirst(group.processes), (process) =>
        this.#process(process, family, snapshot, shownPools),
      ),
      ...group.pools.map((pool) => {
        shownPools.add(pool.pool);
        return poolRow(pool, this.#workers(pool, family, snapshot, shownPools), snapshot);
      }),
    ];
  }

  #process(process: ProcessInfo, family: Family, snapshot: Snapshot, shownPools: Set<string>): TreeNode {
    const below = this.#below(family.ofProcess(process.process), family, snapshot, shownPools);
    const descendants =
      process.state === "exited" ? [] : (snapshot.known.usage.get(process.process)?.descendants ?? []);
    return processRow(
      process,
      [...below, ...limited(`${process.process}/pids`, descendantRows(process.process, descendants), (row) => row)],
      below.length > 0,
      snapshot,
    );
  }

  #workers(pool: PoolInfo, family: Family, snapshot: Snapshot, shownPools: Set<string>): TreeNode[] {
    const workers = family.ofPool(pool.pool);
    const byId = new Map(workers.map((worker) => [worker.process, worker]));
    const living = this.#slots
      .arrange(
        pool.pool,
        workers.filter(isLiving).map((worker) => worker.process),
      )
      .map((id) => byId.get(id)!);
    const ended = workers.filter((worker) => !isLiving(worker));
    return [
      ...limited(pool.pool, living, (worker) => this.#process(worker, family, snapshot, shownPools)),
      ...limited(`${pool.pool}/ended`, ended, (worker) => this.#process(worker, family, snapshot, shownPools)),
    ];
  }
}

/** In the order of their starts. If not all can be shown, running ones come first. */
function livingFirst(processes: readonly ProcessInfo[]): readonly ProcessInfo[] {
  if (processes.length <= mostRows) return processes;
  return [...processes.filter(isLiving), ...processes.filter((process) => !isLiving(process))];
}

function isLiving(process: ProcessInfo): boolean {
  return process.state !== "exited";
}
