import type { Server } from "../connection/rpc.js";
import type { Model } from "../model/model.js";
import type { Runs } from "../runs/run.js";
import type { Snapshot } from "./snapshot.js";

/**
 * The window's current state. It looks runs up when it is asked: rows of a hidden view keep it, and must not keep runs,
 * which have all results.
 */
export function snapshotOf(
  parts: { server: Pick<Server, "state">; model: Model; runs: Pick<Runs, "all"> },
  at = Date.now(),
): Snapshot {
  const { server, model, runs } = parts;
  return {
    known: model,
    ownSession: server.state.kind === "connected" ? server.state.rpc.facts.session : null,
    itemLabel: (job, index) => runs.all.findLast(({ info }) => info.job === job)?.rows[index]?.label ?? null,
    poolItemLabel: (pool, index) => runs.all.findLast(({ info }) => info.pool === pool)?.rows[index]?.label ?? null,
    runName: (run) => runs.all.findLast(({ id }) => id === run)?.request.name || model.runs.get(run)?.name || null,
    at,
  };
}
