import { availableParallelism } from "node:os";
import { childrenOf } from "./children.js";
import type { Connection } from "./connection.js";
import { currentConnection } from "./default-connection.js";
import { PipeEnd } from "./pipe.js";
import { Process } from "./process.js";
import { timeoutOf, waitOptions, type Timeout } from "./wait-options.js";

/** The living children of this process. Asks the server, so none of them has ended at that moment. */
export async function activeChildren(connection: Connection = currentConnection()): Promise<Process[]> {
  const known = childrenOf(connection);
  // Nobody is asked who was not needed before, and a server is not started for it.
  if (!connection.isUsed) return [];
  const { processes } = await connection.request("process/list", { scope: "children" });
  return processes.flatMap(({ process }) => known.get(process) ?? []);
}

/** How many CPUs this process can use. */
export function cpuCount(): number {
  return availableParallelism();
}

export type Waitable = PipeEnd<never> | PipeEnd | Process;

/**
 * Waits until one of the pipe ends can be read (or is at its end), or one of the processes has ended, and gives those that are ready.
 * An empty list means that the time-out (milliseconds; default: none) passed. Python's `connection.wait`.
 */
export async function wait<T extends Waitable>(objects: Iterable<T>, timeout?: Timeout): Promise<T[]> {
  const all = [...objects];
  const first = all[0];
  if (!first) return [];
  const options = waitOptions(timeout);
  const timeoutMs = timeoutOf(options);
  if (!first.connection.isOpen) await first.connection.open();
  const { ready } = await first.connection.request("pipe/wait", { handles: all.map((object) => object.handle), timeoutMs }, { ...options, keep: all });
  const handles = new Set(ready);
  return all.filter((object) => handles.has(object.handle));
}
