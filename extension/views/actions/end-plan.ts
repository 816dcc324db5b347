import type { PoolInfo } from "../../../protocol/pool.js";
import type { ProcessInfo } from "../../../protocol/process.js";
import type { Model } from "../../model/model.js";
import { numberText } from "../amounts.js";
import { t } from "../../l10n.js";

/**
 * What "Terminate All" has to end. Runs and pools come before processes: a pool whose workers alone are ended starts
 * others.
 */
export interface EndPlan {
  /** Handles of runs. */
  runs: readonly string[];
  /** Handles of pools that belong to no run. */
  pools: readonly string[];
  /** Handles of processes that belong to no pool. */
  processes: readonly string[];
  /** All processes that this ends, those of the pools included. */
  ending: number;
}

type Known = Pick<Model, "processes" | "pools" | "sessions">;

/** For the whole server, or for one session's processes and their children (null: those of disconnected clients). */
export function planEnd(known: Known, session?: string | null): EndPlan {
  const isMeant = session === undefined ? () => true : belowSession(known, session);
  const pools = [...known.pools.values()].filter((pool) => isUnderWay(pool) && isMeant(pool.session));
  const ended = new Set(pools.map((pool) => pool.pool));
  const processes = [...known.processes.values()]
    .filter(isRunning)
    .filter((process) => (process.pool === null || !ended.has(process.pool)) && isMeant(process.session));
  const workers = [...known.processes.values()].filter(
    (process) => isRunning(process) && process.pool !== null && ended.has(process.pool),
  );
  return {
    runs: pools.flatMap((pool) => (pool.run === null ? [] : [pool.run])),
    pools: pools.filter((pool) => pool.run === null).map((pool) => pool.pool),
    processes: processes.map((process) => process.process),
    ending: processes.length + workers.length,
  };
}

export function isNothing({ runs, pools, processes }: EndPlan): boolean {
  return runs.length + pools.length + processes.length === 0;
}

/** The question to the user, and its consequences. */
export function describePlan({ runs, pools, ending }: EndPlan): { question: string; detail: string } {
  const also = [
    ...(runs.length === 0
      ? []
      : [t(runs.length === 1 ? "{0} run is cancelled" : "{0} runs are cancelled", numberText(runs.length))]),
    ...(pools.length === 0
      ? []
      : [t(pools.length === 1 ? "{0} pool is terminated" : "{0} pools are terminated", numberText(pools.length))]),
  ];
  return {
    question:
      ending === 0
        ? t("Terminate what is waiting to run?")
        : t(ending === 1 ? "Terminate {0} process?" : "Terminate {0} processes?", numberText(ending)),
    detail: [
      ...(also.length === 0 ? [] : [t("{0}; tasks that are not done are lost.", also.join(t(" and ")))]),
      t("Each process and its descendants get SIGTERM."),
    ].join(" "),
  };
}

/** A process that can be ended: warm hosts are the server's own affair. */
export function isRunning(process: ProcessInfo): boolean {
  return process.role !== "host" && process.state !== "exited";
}

function isUnderWay({ state, workers, queued }: PoolInfo): boolean {
  return state === "running" || (state === "closed" && workers + queued > 0);
}

/** Whether something was started by the session, or by a process that it started, and so on. */
function belowSession(known: Known, top: string | null): (session: string) => boolean {
  const answers = new Map<string, boolean>();
  const isBelow = (session: string): boolean => {
    const answer = answers.get(session);
    if (answer !== undefined) return answer;
    // Ends the search in a cycle: no session is below itself.
    answers.set(session, false);
    const info = known.sessions.get(session);
    const process = info?.process ? known.processes.get(info.process) : undefined;
    const found = session === top || (process ? isBelow(process.session) : top === null && info === undefined);
    answers.set(session, found);
    return found;
  };
  return isBelow;
}
