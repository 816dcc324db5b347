import { PolyprocError } from "../../../protocol/errors.js";
import type { Handle } from "../../../protocol/payload.js";
import type { Connection } from "../session/connection.js";
import { hostLink } from "../host/link.js";
import type { Process } from "./process.js";

/** Milliseconds between SIGTERM and SIGKILL for daemonic children at the end of the script. */
const endGraceMs = 1000;
const children = new WeakMap<Connection, Map<Handle, Process>>();

/** Children that were started on the connection and have not been reported as ended. */
export function childrenOf(connection: Connection): ReadonlyMap<Handle, Process> {
  return children.get(connection) ?? new Map<Handle, Process>();
}

export function addChild(connection: Connection, handle: Handle, child: Process): void {
  let known = children.get(connection);
  if (!known) {
    children.set(connection, (known = new Map()));
    // A worker's host ends its session itself.
    if (!hostLink()) connection.beforeShutdown(() => endChildren(connection));
  }
  known.set(handle, child);
}

export function removeChild(connection: Connection, handle: Handle): void {
  children.get(connection)?.delete(handle);
}

/**
 * Ends the daemonic children and waits for the others. It runs while requests are still served, so a signal handler can
 * still end the others.
 */
async function endChildren(connection: Connection): Promise<void> {
  for (let all; (all = [...childrenOf(connection)]).length > 0;) {
    await Promise.all(
      all.map(async ([handle, child]) => {
        try {
          if (child.daemon) await child.terminate({ graceMs: endGraceMs });
          await child.join();
        } catch (error) {
          // A child that failed to start is unknown to the server. `start` removes it and reports the error.
          const isUnknown = error instanceof PolyprocError && error.codeName === "UnknownHandle";
          if (!isUnknown && childrenOf(connection).has(handle)) throw error;
        }
      }),
    );
    if (!connection.isOpen) return;
  }
}
