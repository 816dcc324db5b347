import { planRound, runRound, type RoundPlan, type RoundReport } from "./round.js";
import { Stage } from "./stage.js";

export interface SoakOptions {
  seed: number;
  /** No round begins after this. */
  seconds: number;
  /** The first round's number, from 1. */
  first: number;
  /** Rounds at most. */
  rounds: number;
  /** Names of scenarios to choose from; empty: all. */
  only: readonly string[];
}

export interface SoakFigures {
  seconds: number;
  rounds: number;
  /** By blow and class, such as `KILL worker`. */
  hits: Map<string, number>;
  operations: Map<string, number>;
}

/**
 * Goes through rounds, one after another, until the time is over or one of them finds something. Gives what was
 * counted; `onRound` hears of each.
 */
export async function soak(
  options: SoakOptions,
  onRound: (report: RoundReport) => void | Promise<void>,
): Promise<SoakFigures> {
  const began = performance.now();
  const stage = new Stage();
  const figures: SoakFigures = { seconds: 0, rounds: 0, hits: new Map(), operations: new Map() };
  const add = (map: Map<string, number>, key: string, n = 1) => map.set(key, (map.get(key) ?? 0) + n);
  try {
    for (let number = options.first; number < options.first + options.rounds; number++) {
      if (performance.now() - began > options.seconds * 1000) break;
      const report = await runRound(stage, planRound(options.seed, number, options.only));
      figures.rounds++;
      for (const { blow, class: kind } of report.hits) add(figures.hits, `${blow} ${kind}`);
      for (const [op, n] of report.operations) add(figures.operations, op, n);
      await onRound(report);
      if (report.faults.length > 0) break;
    }
    figures.seconds = (performance.now() - began) / 1000;
    return figures;
  } finally {
    await stage.end();
  }
}

export function describeRound({ plan, hits, faults }: RoundReport): string {
  const told = hits.map(({ blow, class: kind }) => `${blow} ${kind}`).join(", ");
  return (
    `round ${plan.number} (${plan.scenarios.map(({ name }) => name).join(", ")}; ${plan.mood}): ` +
    `${faults.length === 0 ? "held" : "FAULTS"}${told === "" ? "" : `; ${told}`}`
  );
}

/** What repeats one round. The server is a fresh one then. */
export function repeatCommand({ seed, only }: SoakOptions, plan: RoundPlan): string {
  return (
    `npm run soak -- --seed ${seed} --first ${plan.number} ` +
    `--rounds 1${only.length === 0 ? "" : ` --only ${only.join()}`}`
  );
}

export function describeFigures({ seconds, rounds, hits, operations }: SoakFigures): string {
  const list = (map: Map<string, number>) =>
    [...map]
      .sort((a, b) => b[1] - a[1])
      .map(([name, n]) => `${name} ${n}`)
      .join(", ");
  return `${seconds.toFixed(0)} s, ${rounds} rounds\nhits: ${list(hits)}\noperations: ${list(operations)}`;
}
