import { childrenOf } from "./children.js";
import type { Connection } from "../session/connection.js";
import { currentConnection } from "../session/default-connection.js";
import type { Process } from "./process.js";

/** The living children of this process. Asks the server, so children that have just ended are not among them. */
export async function activeChildren(connection: Connection = currentConnection()): Promise<Process[]> {
  const known = childrenOf(connection);
  // A connection that was never used has no children. Do not start a server to learn that.
  if (!connection.isUsed) return [];
  const { processes } = await connection.request("process/list", { scope: "children" });
  return processes.flatMap(({ process }) => known.get(process) ?? []);
}
