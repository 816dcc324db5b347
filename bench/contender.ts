/** Workers in each pool. Two are enough: the benchmarks measure overhead, not the number of cores. */
export const processes = 2;

/** What the tasks of the Node contenders do: nothing, tell the size of some bytes, make a number of bytes. */
export type TaskName = "noop" | "size" | "make";

/** The operations of a pool that the benchmarks use. */
export interface TaskPool {
  readonly name: string;
  run(name: TaskName, argument?: unknown): Promise<unknown>;
  close(): Promise<void>;
}

/** Does a piece of work and returns the seconds that it took, without start-up. */
export interface Contender {
  readonly name: string;
  measure(): Promise<number>;
  close(): Promise<void>;
  /** Ends what it runs, because it hangs. Default: it ends with this process. */
  giveUp?(): void;
}

/** A piece of work and its contenders. The first contender is Polyproc. */
export interface Work {
  readonly title: string;
  /** Number of tasks, items or round trips, to compute the rate. */
  readonly count: number;
  /** The goal for each peer, by its name: Polyproc's time divided by the peer's. */
  readonly goals: Readonly<Record<string, number>>;
  open(): Promise<Contender[]>;
}

export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}
