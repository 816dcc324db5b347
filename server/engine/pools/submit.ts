import type { Kept } from "../kept.js";
import type { Wait } from "../wait.js";

/** A task of a `job/submit` that is not accepted yet. */
export interface Submitted {
  readonly index: number;
  readonly count: number;
  readonly items: Kept;
}

/** A pending `job/submit`. `bytes`: of its payloads; `memory`: those with the buffers that they keep alive. */
export interface Submit {
  readonly tasks: readonly Submitted[];
  readonly bytes: number;
  readonly memory: number;
  readonly wait: Wait<null>;
}

export function memoryOf(tasks: readonly Submitted[]): number {
  return tasks.reduce((sum, { items }) => sum + items.bytes, 0);
}
