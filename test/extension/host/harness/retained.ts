import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { waitFor } from "../../../deadline.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Memory of the extension host's objects, in MiB, after a collection. */
export function retained(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / (1024 * 1024);
}

/** The same, once it no longer shrinks. */
export async function settledMemory(options: { intervalMs: number; timeoutMs?: number }): Promise<number> {
  let last = retained();
  await waitFor(
    () => {
      const before = last;
      last = retained();
      return last > before - 0.5;
    },
    { what: "memory that no longer shrinks", ...options },
  );
  return last;
}
