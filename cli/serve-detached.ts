import { connect } from "node:net";
import { resolve } from "node:path";
import { startDetachedServer } from "../bindings/typescript/session/detached-server.js";
import { requireOwnSocket } from "../bindings/typescript/session/socket-owner.js";
import { serverMain } from "../bindings/typescript/session/server-main.js";
import { withStartLock } from "../bindings/typescript/session/start-lock.js";
import { UsageError } from "./usage-error.js";

/**
 * `polyproc serve --detach`: returns once a server listens on the Unix socket in the options, even if it was running
 * before. The server goes on without this terminal and writes to a log file beside the socket. `cwd`: its folder.
 */
export async function serveDetached(options: readonly string[], cwd = process.cwd()): Promise<void> {
  const address = options[options.findLastIndex((option) => option === "--listen") + 1] ?? "";
  if (!options.includes("--listen") || !address.startsWith("unix:"))
    throw new UsageError("serve --detach: say where it is to listen with --listen unix:PATH");
  const path = resolve(address.slice("unix:".length));
  await withStartLock(path, async () => {
    requireOwnSocket(path);
    if (await answers(path)) return;
    await startDetachedServer({
      command: [process.execPath, serverMain],
      options,
      cwd,
      env: process.env,
      logFile: `${path}.log`,
    });
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((answer) => {
    const socket = connect(path);
    socket.once("error", () => answer(false));
    socket.once("connect", () => {
      socket.destroy();
      answer(true);
    });
  });
}
