import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { within } from "../../deadline.js";
import { compiled } from "../../fixture.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { RawClient } from "../clients.js";

const onLinux = { skip: process.platform !== "linux" && "reads /proc" };

/** Paths of the files that a process has open. */
function openFiles(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((fd) => {
    try {
      return [readlinkSync(join(folder, fd))];
    } catch {
      // It was closed meanwhile.
      return [];
    }
  });
}

test("a server keeps no file of the script that started it, such as one that is locked", onLinux, async (t) => {
  const folder = temporaryFolder(t);
  const held = join(folder, "held");
  const path = join(folder, "s");
  const between = Array.from({ length: 17 }, () => "ignore" as const);
  const server = spawn(process.execPath, [compiled("server/main"), "--listen", `unix:${path}`], {
    // As after `exec 20>held`.
    stdio: ["ignore", "pipe", "inherit", ...between, openSync(held, "w")],
  });
  const exit = once(server, "exit");
  t.after(() => void server.kill("SIGKILL"));
  await within(once(server.stdout!, "data"), "the line of a server that listens");
  assert.ok(openFiles(process.pid).includes(held));
  const client = await RawClient.open(path, "json");
  const { result } = await client.request("process/start", {
    process: "process:s1.1",
    target: { command: "sleep", args: ["1000"] },
  });
  const files = [...openFiles(server.pid!), ...openFiles((result as { pid: number }).pid)];
  assert.ok(files.length > 6);
  assert.deepEqual(
    files.filter((file) => file === held),
    [],
  );
  client.close();
  server.kill("SIGTERM");
  assert.deepEqual(await exit, [0, null]);
});
