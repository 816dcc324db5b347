import { Connection } from "./connection.js";
import { hostLink } from "../host/link.js";

let defaultOne: Connection | null = null;
let scoped: Connection | null = null;

/**
 * The connection of objects that are created without naming one. In a worker it is the host's. Otherwise it leads to
 * the server of POLYPROC_ADDRESS, or to a private server, which starts at the first use and ends with the script.
 */
export function defaultConnection(): Connection {
  if (defaultOne && !defaultOne.isClosed) return defaultOne;
  const host = hostLink();
  if (host) {
    const connection = new Connection({
      endpoint: host.endpoint,
      facts: host.facts,
      minted: host.minted,
      isSynchronous: true,
      usesBlocks: host.usesBlocks ?? false,
    });
    host.onNotification(connection.receive);
    defaultOne = connection;
  } else {
    // Loaded on demand: a worker does not need this module.
    defaultOne = new Connection(async (connection) =>
      (await import("./default-server.js")).openDefaultServer(connection),
    );
  }
  return defaultOne;
}

/** The connection for objects that are created now: that of `withConnection`, or the default one. */
export function currentConnection(): Connection {
  return scoped ?? defaultConnection();
}

/** Objects that `make` constructs before it returns belong to this connection. */
export function withConnection<T>(connection: Connection, make: () => T): T {
  const outer = scoped;
  scoped = connection;
  try {
    return make();
  } finally {
    scoped = outer;
  }
}
