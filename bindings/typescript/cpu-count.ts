import { availableParallelism } from "node:os";

/** How many CPUs this process can use. */
export function cpuCount(): number {
  return availableParallelism();
}
