/** Workers of every pool: this is about the cost of the way, not about the number of cores. */
export const processes = 2;

/** A pool as the benchmarks see it. */
export interface TaskPool {
  readonly name: string;
  run(name: "noop" | "size", argument?: unknown): Promise<unknown>;
  close(): Promise<void>;
}

/** One way to do a piece of work: returns how many seconds it took, start-up left out. */
export interface Contender {
  readonly name: string;
  measure(): Promise<number>;
  close(): Promise<void>;
}

/** A piece of work, and those who do it. The first contender is ours. */
export interface Work {
  readonly title: string;
  /** How many tasks, items or round trips; for the rate. */
  readonly count: number;
  /** What the design asks for, by the name of the peer it is measured against: our time over theirs. */
  readonly goals: Readonly<Record<string, number>>;
  open(): Promise<Contender[]>;
}

export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}
