import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { once } from "node:events";
import { join } from "node:path";
import { within } from "../deadline.js";
import { compiled } from "../fixture.js";
import { temporaryFolder } from "../temporary-folder.js";

/** A server on a Unix socket, which ends with the test. */
export async function startServer(test: {
  after(clean: () => void | Promise<void>): void;
}): Promise<{ address: string; process: ChildProcess }> {
  const address = `unix:${join(temporaryFolder(test), "s")}`;
  const server = spawn(process.execPath, [compiled("server/main"), "--listen", address], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(server, "exit");
  test.after(async () => {
    server.kill("SIGTERM");
    await within(exited, "the server's end");
  });
  await within(once(createInterface({ input: server.stdout }), "line"), "the server's start");
  return { address, process: server };
}
