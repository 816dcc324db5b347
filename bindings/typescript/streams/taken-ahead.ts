import type { Handle } from "../../../protocol/schema.js";
import type { Connection } from "../session/connection.js";
import type { HoldsItems } from "./queue-iterator.js";
import { beforeSessionEnd } from "../session/session-end.js";

/** Of each session, the loops that hold items which they have not come to, by queue. */
const holders = new WeakMap<Connection, Map<Handle, Set<HoldsItems>>>();

/** A loop over this queue holds items from now on, or holds them no longer. */
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
 * Makes the queue whole again before something is asked of it other than by a loop: requests that are made when this has returned
 * null, or has resolved, find in it all that no loop has come to.
 */
export function giveBack(connection: Connection, queue: Handle): Promise<unknown> | null {
  const ofQueue = holders.get(connection)?.get(queue);
  return ofQueue ? Promise.all(Array.from(ofQueue, (holder) => holder.giveBack())) : null;
}

function watch(connection: Connection): Map<Handle, Set<HoldsItems>> {
  const queues = new Map<Handle, Set<HoldsItems>>();
  holders.set(connection, queues);
  beforeSessionEnd(connection, () => Promise.all([...queues.values()].flatMap((ofQueue) => Array.from(ofQueue, (holder) => holder.giveBack()))));
  return queues;
}
