import { childrenOf } from "./children.js";
import type { Connection } from "../session/connection.js";
import { currentConnection } from "../session/default-connection.js";
import type { Process } from "./process.js";

/** The living children of this process. Asks the server, so none of them has ended at that moment. */
export async function activeChildren(connection: Connection = currentConnection()): Promise<Process[]> {
  const known = childrenOf(connection);
  // Nobody is asked who was not needed before, and a server is not started for it.
  if (!connection.isUsed) return [];
  const { processes } = await connection.request("process/list", { scope: "children" });
  return processes.flatMap(({ process }) => known.get(process) ?? []);
}
