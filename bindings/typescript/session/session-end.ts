import type { Connection } from "./connection.js";
import { hostLink } from "../host/link.js";

type Action = () => Promise<unknown> | null;

const actions = new Map<Connection, Set<Action>>();
let watchesHost = false;

/**
 * Registers an action that runs, and is awaited, before the session ends in order: the script closes it, or the worker
 * process is done. Returns a function that removes the action.
 */
export function beforeSessionEnd(connection: Connection, action: Action): () => void {
  const ofConnection = actions.get(connection) ?? watch(connection);
  ofConnection.add(action);
  return () => ofConnection.delete(action);
}

function watch(connection: Connection): Set<Action> {
  const ofConnection = new Set<Action>();
  actions.set(connection, ofConnection);
  connection.beforeShutdown(() => run(ofConnection));
  void connection.closed.then(() => actions.delete(connection));
  if (!watchesHost) {
    watchesHost = true;
    hostLink()?.beforeEnd(() => run([...actions.values()].flatMap((ofOne) => [...ofOne])));
  }
  return ofConnection;
}

async function run(some: Iterable<Action>): Promise<void> {
  for (const action of [...some]) await action();
}
