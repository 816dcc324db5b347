import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { startDetachedServer, type DetachedServer } from "../../bindings/typescript/session/detached-server.js";
import { findNode } from "./node-executable.js";
import { serverEnvironment } from "./server-environment.js";

export interface LaunchOptions {
  /** Path of the socket. */
  path: string;
  /** The server's main file. */
  main: string;
  /** The setting `polyproc.nodePath`; empty: the extension looks for a Node.js. */
  nodePath: string;
  idleTimeoutMs: number;
  /** The server's folder; null: the user's home. */
  folder: string | null;
  /** The server hosts the user's batch queue for all folders, so it reads no folder's configuration. */
  queue?: boolean;
  logFile: string;
  log(line: string): void;
}

/** Starts a server, which outlives the window. */
export async function launch({
  path,
  main,
  nodePath,
  idleTimeoutMs,
  folder,
  queue = false,
  logFile,
  log,
}: LaunchOptions): Promise<DetachedServer> {
  const cwd = folder !== null && existsSync(folder) ? folder : homedir();
  const node = await findNode(nodePath, cwd);
  if (node.note !== null) log(node.note);
  log(
    `starting a server with Node.js ${node.version} (${node.path}, ` +
      `from ${node.from === "editor" ? "the editor" : `the ${node.from}`}); it writes to ${logFile}`,
  );
  const server = await startDetachedServer({
    command: [node.path, main],
    options: [
      "--listen",
      `unix:${path}`,
      "--idle-timeout",
      String(idleTimeoutMs / 1000),
      ...(queue ? ["--queue"] : configurationIn(cwd)),
    ],
    cwd,
    env: serverEnvironment(process.env, node.env),
    logFile,
  });
  log(`the server runs, pid ${server.pid}`);
  return server;
}

/** The workspace is trusted by now, so the programs that its configuration names may run. */
function configurationIn(folder: string): string[] {
  const file = join(folder, "polyproc.json");
  return existsSync(file) ? ["--config", file] : [];
}
