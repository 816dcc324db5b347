import type { Connection, Link } from "./connection.js";

const links = new Map<Connection, Link>();

/** What was sent in the very turn in which the script calls `process.exit` still leaves. */
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
