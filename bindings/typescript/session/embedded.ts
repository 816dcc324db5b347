import { spawn } from "node:child_process";
import type { Socket } from "node:net";
import type { PolyprocError } from "../../../protocol/errors.js";
import { openSession } from "./client-link.js";
import type { Connection, Link } from "./connection.js";
import { SpawnFailed } from "./errors.js";
import { mainScript } from "../processes/main-module.js";
import { ownConfiguration } from "./own-configuration.js";
import { requireServerFiles } from "./bundled.js";
import { inheritedExecArgv } from "./exec-argv.js";
import { serverMain } from "./server-main.js";

/**
 * Starts a server for this script alone.
 *
 * No other process can reach it: script and server talk over an inherited pair of sockets. The server ends when the
 * script does, or with the last child whose `onParentDeath` is `continue`. It has a session of its own in the operating
 * system, so the Ctrl-C that ends the script does not end the server first.
 *
 * `code`: the file that the user runs. A configuration beside it applies; see `ownConfiguration`. `node`: the Node
 * that runs the server and its functions.
 */
export async function startPrivateServer(
  connection: Connection,
  code: string | null = mainScript(),
  node = process.execPath,
): Promise<Link> {
  requireServerFiles(serverMain);
  const nodeOptions = inheritedExecArgv().map((option) => `--node-option=${option}`);
  const server = spawn(node, [serverMain, "--fd", "3", ...nodeOptions, ...ownConfiguration(code)], {
    stdio: ["ignore", "ignore", "inherit", "pipe"],
    detached: true,
    // An Electron executable behaves as Node only with this variable.
    env: { ...process.env, ELECTRON_RUN_AS_NODE: "1" },
  });
  const failed = new Promise<never>((_, reject) => {
    server.once("error", (error) =>
      reject(
        new SpawnFailed(
          "SpawnFailed",
          `the server could not be started with ${node}: ${error.message}`,
          {},
          { cause: error },
        ),
      ),
    );
    server.once("exit", (code, signal) =>
      reject(
        new SpawnFailed(
          "SpawnFailed",
          `the server ended as soon as it was started (${signal ?? `exit code ${code}`}); ` +
            "what it wrote to standard error says why",
        ),
      ),
    );
  });
  failed.catch(() => {});
  server.unref();
  const socket = server.stdio[3] as Socket | undefined;
  if (!socket) return failed;
  try {
    return await openSession(connection, socket);
  } catch (error) {
    if ((error as PolyprocError).codeName !== "Closed") throw error;
    // The server's exit, which gives the reason, is reported just after the end of the connection. Keep the script
    // alive until then.
    server.ref();
    return failed;
  }
}
