import type { Connection, Link } from "./connection.js";
import { connectTo } from "./client-link.js";
import { startPrivateServer } from "./embedded.js";
import { endWithScript } from "./script-end.js";

/** Connects to the server of POLYPROC_ADDRESS, or starts a private one. */
export async function openDefaultServer(connection: Connection): Promise<Link> {
  const address = process.env["POLYPROC_ADDRESS"];
  endWithScript(connection);
  if (address) return connectTo(connection, address, { token: process.env["POLYPROC_TOKEN"] });
  const link = await startPrivateServer(connection);
  return link;
}
