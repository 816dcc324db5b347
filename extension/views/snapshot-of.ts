import type { Server } from "../connection/rpc.js";
import type { Model } from "../model/model.js";
import type { Run, Runs } from "../runs/run.js";
import type { Snapshot } from "./snapshot.js";

/** The window's current state. */
export function snapshotOf(
  parts: { server: Pick<Server, "state">; model: Model; runs: Pick<Runs, "all"> },
  at = Date.now(),
): Snapshot {
  const { server, model, runs } = parts;
  let byId: Map<string, Run> | null = null;
  let byPool: Map<string, Run> | null = null;
  let byJob: Map<string, Run> | null = null;
  const runById = (id: string) => (byId ??= new Map(runs.all.map((run) => [run.id, run]))).get(id);
  const runByPool = (pool: string) => (byPool ??= new Map(runs.all.map((run) => [run.info.pool, run]))).get(pool);
  const runByJob = (job: string) => (byJob ??= new Map(runs.all.map((run) => [run.info.job, run]))).get(job);
  return {
    known: model,
    ownSession: server.state.kind === "connected" ? server.state.rpc.facts.session : null,
    itemLabel: (job, index) => runByJob(job)?.rows[index]?.label ?? null,
    poolItemLabel: (pool, index) => runByPool(pool)?.rows[index]?.label ?? null,
    runName: (run) => runById(run)?.request.name || model.runs.get(run)?.name || null,
    at,
  };
}
