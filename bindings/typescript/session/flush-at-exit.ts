import type { Connection, Link } from "./connection.js";

const links = new Map<Connection, Link>();

/** Messages of the turn in which the script calls `process.exit` are still sent. */
export function flushAtExit(connection: Connection, link: Link): void {
  if (links.size === 0) process.on("exit", flushAll);
  links.set(connection, link);
  void connection.closed.then(() => {
    links.delete(connection);
    if (links.size === 0) process.off("exit", flushAll);
  });
}

function flushAll(): void {
  for (const { endpoint } of links.values()) endpoint.flush();
}
