import type { Handle } from "../../protocol/schema.js";
import type { Connection } from "./connection.js";
import { hostLink } from "./host/link.js";
import type { HoldsItems } from "./queue-iterator.js";

/** Of each session, the loops that hold items which they have not come to, by queue. */
const holders = new Map<Connection, Map<Handle, Set<HoldsItems>>>();
let atLeave = false;

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

/** Everything goes back before the session ends. */
function watch(connection: Connection): Map<Handle, Set<HoldsItems>> {
  const queues = new Map<Handle, Set<HoldsItems>>();
  holders.set(connection, queues);
  connection.beforeShutdown(() => giveAllBack(connection));
  void connection.closed.then(() => holders.delete(connection));
  if (!atLeave) {
    atLeave = true;
    hostLink()?.beforeEnd(async () => {
      await Promise.all(Array.from(holders.keys(), giveAllBack));
    });
  }
  return queues;
}

async function giveAllBack(connection: Connection): Promise<void> {
  await Promise.all(Array.from(holders.get(connection)?.keys() ?? [], (queue) => giveBack(connection, queue)));
}
