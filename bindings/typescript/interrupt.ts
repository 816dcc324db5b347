import type { Handle } from "../../protocol/payload.js";
import type { Connection } from "./connection.js";

/** Between SIGTERM and SIGKILL for children that are ended with the script, in milliseconds. */
export const endGraceMs = 1000;
const signals = ["SIGINT", "SIGHUP"] as const;
const watched = new Map<Connection, () => Handle[]>();

/**
 * Ctrl-C and the end of the terminal reach only the script, because its children are out of the terminal's reach; as elsewhere, they are
 * to end them too. A script that listens to the signal itself decides for itself.
 */
export function endChildrenOnInterrupt(connection: Connection, children: () => Handle[]): void {
  if (watched.size === 0) for (const signal of signals) process.on(signal, interrupted);
  watched.set(connection, children);
  void connection.closed.then(() => {
    watched.delete(connection);
    if (watched.size === 0) for (const signal of signals) process.off(signal, interrupted);
  });
}

function interrupted(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  for (const [connection, children] of watched) {
    if (!connection.isOpen) continue;
    for (const handle of children()) connection.request("process/terminate", { process: handle, graceMs: endGraceMs }, { background: true }).catch(() => {});
    connection.flush();
  }
  // What would have happened without a listener.
  process.off(signal, interrupted);
  process.kill(process.pid, signal);
}
