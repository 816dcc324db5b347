import type { Handle } from "../../protocol/schema.js";
import type { Connection } from "./connection.js";
import type { Process } from "./process.js";

const children = new WeakMap<Connection, Map<Handle, Process>>();

/** The children of this process that were started on the connection and have not been seen to end. */
export function childrenOf(connection: Connection): Map<Handle, Process> {
  let known = children.get(connection);
  if (!known) children.set(connection, (known = new Map()));
  return known;
}
