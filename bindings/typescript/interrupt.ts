import { childrenOf } from "./children.js";
import type { Connection } from "./connection.js";
import { hostLink } from "./host/link.js";

/** Between SIGTERM and SIGKILL for children of a script that was interrupted, in milliseconds. */
const graceMs = 1000;
const signals = ["SIGINT", "SIGHUP"] as const;
const watched = new Set<Connection>();

/**
 * Ctrl-C and the end of the terminal reach only the script, because its children are out of the terminal's reach; as elsewhere, they are
 * to end them too. A script that listens to the signal itself decides for itself.
 */
export function endChildrenOnInterrupt(connection: Connection): void {
  if (watched.has(connection) || hostLink()) return;
  if (watched.size === 0) for (const signal of signals) process.on(signal, interrupted);
  watched.add(connection);
  void connection.closed.then(() => {
    watched.delete(connection);
    if (watched.size === 0) for (const signal of signals) process.off(signal, interrupted);
  });
}

function interrupted(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  for (const connection of watched) {
    if (!connection.isOpen) continue;
    for (const [handle] of childrenOf(connection)) connection.request("process/terminate", { process: handle, graceMs }, { background: true }).catch(() => {});
    connection.flush();
  }
  // What would have happened without a listener.
  process.off(signal, interrupted);
  process.kill(process.pid, signal);
}
