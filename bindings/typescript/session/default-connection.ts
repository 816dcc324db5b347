import { Connection } from "./connection.js";
import { hostLink } from "../host/link.js";

let defaultOne: Connection | null = null;
let scoped: Connection | null = null;

/**
 * The connection of objects that are made without naming one: in a worker its host's, otherwise to the server of
 * POLYPROC_ADDRESS, or to a private server, which is started at the first use and ends with the script.
 */
export function defaultConnection(): Connection {
  if (defaultOne && !defaultOne.isClosed) return defaultOne;
  const host = hostLink();
  if (host) {
    const connection = new Connection({ endpoint: host.endpoint, facts: host.facts, minted: host.minted });
    host.onNotification(connection.receive);
    defaultOne = connection;
  } else {
    // Loaded when needed: a worker never needs it.
    defaultOne = new Connection(async (connection) => (await import("./default-server.js")).openDefaultServer(connection));
  }
  return defaultOne;
}

/** The connection that objects made now belong to: that of the client whose class is used, or the default one. */
export function currentConnection(): Connection {
  return scoped ?? defaultConnection();
}

/** Objects that `make` constructs, before it returns, belong to this connection. */
export function withConnection<T>(connection: Connection, make: () => T): T {
  const outer = scoped;
  scoped = connection;
  try {
    return make();
  } finally {
    scoped = outer;
  }
}
