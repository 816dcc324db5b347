import type { Connection, Link } from "./connection.js";
import { connectToNamed } from "./named-server.js";
import { beginOutput } from "./output.js";
import { startPrivateServer } from "./embedded.js";
import { endWithScript } from "./script-end.js";

/** Connects to the server of POLYPROC_ADDRESS, or starts a private one. */
export async function openDefaultServer(connection: Connection): Promise<Link> {
  const address = process.env["POLYPROC_ADDRESS"];
  endWithScript(connection);
  void connection.open().then(
    () => beginOutput(connection, address ? "ignore" : "inherit"),
    () => {},
  );
  if (address) return connectToNamed(connection, address, { token: process.env["POLYPROC_TOKEN"] });
  return startPrivateServer(connection);
}
