import { Random } from "../random.js";
import { clusterRound, type RoundReport } from "./cluster-round.js";
import { describeFaults, faultKinds, planRound, type FaultKind } from "./plan.js";
import { possibleFaults, SoakedCluster } from "./soaked-cluster.js";

export interface ClusterSoakOptions {
  readonly seed: number;
  /** No round begins after this time. */
  readonly seconds: number;
  /** No round begins after this number of faults. */
  readonly faults: number;
  /** The first round's number, from 1. */
  readonly first: number;
  /** Rounds at most. */
  readonly rounds: number;
}

export interface ClusterFigures {
  rounds: number;
  seconds: number;
  clients: number;
  told: number;
  runs: number;
  overlaps: number;
  holders: number;
  readonly faults: Record<FaultKind, number>;
}

/** Rounds on one cluster, until one of them finds something. */
export async function soakCluster(
  { seed, seconds, faults, first, rounds }: ClusterSoakOptions,
  onRound: (report: RoundReport) => void | Promise<void>,
): Promise<ClusterFigures> {
  const cleaning: (() => void | Promise<void>)[] = [];
  const began = performance.now();
  const elapsed = () => (performance.now() - began) / 1000;
  const figures: ClusterFigures = {
    ...{ rounds: 0, seconds: 0, clients: 0, told: 0, runs: 0, overlaps: 0, holders: 0 },
    faults: Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as Record<FaultKind, number>,
  };
  try {
    const cluster = await SoakedCluster.start({ after: (clean) => void cleaning.unshift(clean) });
    for (let number = first; number < first + rounds; number++) {
      if (elapsed() > seconds || faultsOf(figures) >= faults) break;
      const plan = planRound(seed, number, possibleFaults());
      const report = await clusterRound(cluster, plan, new Random(seed, number, "details")).catch((cause: unknown) => {
        const found = cluster.findings.map((finding) => `\n${finding}`).join("");
        throw new Error(`seed ${seed}, round ${number}: ${describeFaults(plan.faults)}${found}`, { cause });
      });
      figures.rounds++;
      for (const key of ["clients", "told", "runs", "overlaps", "holders"] as const) figures[key] += report[key];
      for (const { kind } of plan.faults) figures.faults[kind]++;
      await onRound(report);
      if (report.findings.length > 0) break;
    }
    await cluster.end();
    figures.seconds = Math.round(elapsed());
    return figures;
  } finally {
    for (const clean of cleaning) await clean();
  }
}

export function faultsOf({ faults }: ClusterFigures): number {
  return Object.values(faults).reduce((sum, n) => sum + n, 0);
}

export function describeClusterRound({ plan, findings, clients, told, runs, overlaps, holders }: RoundReport): string {
  return (
    `round ${plan.number} (${plan.faults.length} faults: ${describeFaults(plan.faults)}): ` +
    `${findings.length === 0 ? "held" : "FAULTS"}; ${clients} clients, ${told} tasks told, ${runs} runs, ` +
    `${overlaps} beside another, ${holders} holders`
  );
}

export function describeClusterFigures(figures: ClusterFigures): string {
  const kinds = Object.entries(figures.faults).map(([kind, n]) => `${kind} ${n}`);
  const { seconds, rounds, clients, told, runs, overlaps, holders } = figures;
  return (
    `${seconds} s, ${rounds} rounds, ${faultsOf(figures)} faults: ${kinds.join(", ")}\n` +
    `${clients} clients, ${told} tasks told, ${runs} runs, ${overlaps} beside another run of the same task, ` +
    `${holders} holders of the lock`
  );
}
