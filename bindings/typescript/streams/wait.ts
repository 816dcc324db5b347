import { PipeEnd } from "./pipe.js";
import type { Process } from "../processes/process.js";
import { timeoutOf, waitOptions, type Timeout } from "../sync/wait-options.js";

export type Waitable = PipeEnd<never> | PipeEnd | Process;

/**
 * Waits until at least one of the objects is ready, and returns those that are: a pipe end with an item or at EOF, or a
 * process that has ended. Returns an empty list after `timeoutMs` (milliseconds; default: no limit). Python's
 * `connection.wait`.
 */
export async function wait<T extends Waitable>(objects: Iterable<T>, timeout?: Timeout): Promise<T[]> {
  const all = [...objects];
  const first = all[0];
  if (!first) return [];
  const atHand = all.filter((object) => PipeEnd.hasItem(object));
  if (atHand.length > 0) return atHand;
  const options = waitOptions(timeout);
  const timeoutMs = timeoutOf(options);
  const { ready } = await first.connection.request(
    "pipe/wait",
    () => ({ handles: all.map((object) => object.handle), timeoutMs }),
    { ...options, keep: all },
  );
  const handles = new Set(ready);
  return all.filter((object) => handles.has(object.handle));
}
