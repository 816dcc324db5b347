import type { Connection } from "./connection.js";
import { hostLink } from "../host/link.js";

type Action = () => Promise<unknown> | null;

const actions = new Map<Connection, Set<Action>>();
let watchesHost = false;

/**
 * Calls, and waits, before a session ends in an orderly way: because it is closed, or because the worker process whose
 * it is has done its work. Returns a function that takes the action away.
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
