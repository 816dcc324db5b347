import type { Handle } from "../../../protocol/schema.js";
import type { Connection } from "../session/connection.js";
import type { HoldsItems } from "./queue-iterator.js";
import { beforeSessionEnd } from "../session/session-end.js";

/** For each session and queue: the `for await` loops that have borrowed items and not yet used them. */
const holders = new WeakMap<Connection, Map<Handle, Set<HoldsItems>>>();

/** Records whether a loop over this queue holds borrowed items. The loop calls it at each change. */
export function holdsItems(connection: Connection, queue: Handle, holder: HoldsItems, holds: boolean): void {
  const queues = holders.get(connection) ?? (holds ? watch(connection) : undefined);
  let ofQueue = queues?.get(queue);
  if (!holds) {
    ofQueue?.delete(holder);
    if (ofQueue?.size === 0) queues!.delete(queue);
    return;
  }
  if (!ofQueue) queues!.set(queue, (ofQueue = new Set()));
  ofQueue.add(holder);
}

/**
 * Puts the unused items of all loops back into the queue, before a request that does not come from a loop. A request
 * that is sent after this has returned null, or has resolved, finds those items in the queue.
 */
export function giveBack(connection: Connection, queue: Handle): Promise<unknown> | null {
  const ofQueue = holders.get(connection)?.get(queue);
  return ofQueue ? Promise.all(Array.from(ofQueue, (holder) => holder.giveBack())) : null;
}

function watch(connection: Connection): Map<Handle, Set<HoldsItems>> {
  const queues = new Map<Handle, Set<HoldsItems>>();
  holders.set(connection, queues);
  beforeSessionEnd(connection, () =>
    Promise.all([...queues.values()].flatMap((ofQueue) => Array.from(ofQueue, (holder) => holder.giveBack()))),
  );
  return queues;
}
