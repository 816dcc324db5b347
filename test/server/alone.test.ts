import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { waitFor } from "../deadline.js";
import { isLiving } from "../living.js";
import { temporaryFolder } from "../temporary-folder.js";
import { RawClient } from "./clients.js";
import { startUnixServer } from "./server-process.js";

/** A run of one command. */
function run(session: string, command: string): object {
  return { run: `run:${session}.1`, target: { command: "sh", args: ["-c", command] }, items: [1] };
}

test("an unfinished run keeps the server alive, an ended one does not", async (t) => {
  const server = await startUnixServer(t, ["--idle-timeout", "1"]);
  const client = await RawClient.connect(server.path, "json");
  const { session } = (await client.request("initialize", {})).result as { session: string };
  const done = join(temporaryFolder(t), "done");
  assert.equal((await client.request("run/start", run(session, `sleep 2 && : > ${done}`))).error, undefined);
  client.close();
  await waitFor(() => existsSync(done), { what: "the end of what takes longer than the idle time" });
  assert.equal(await server.exited(), 0);
});

test("server/stop with whenAloneMs ends the server when its last client has gone, even during a run", async (t) => {
  const server = await startUnixServer(t);
  const client = await RawClient.connect(server.path, "json");
  const { session } = (await client.request("initialize", {})).result as { session: string };
  await client.request("run/start", run(session, "sleep 1000"));
  const pid = await waitFor(
    async () =>
      (await client.request("process/list", { scope: "all" })).result.processes.find(
        (process: { role: string }) => process.role === "task",
      )?.pid as number | null,
    { what: "the command" },
  );
  assert.equal((await client.request("server/stop", { whenAloneMs: 100 })).result, null);
  assert.equal((await client.request("server/status")).error, undefined);
  client.close();
  assert.equal(await server.exited(), 0);
  assert.ok(!isLiving(pid));
});

test("a client that comes back in time keeps the server alive, and null cancels the stop", async (t) => {
  const server = await startUnixServer(t);
  const first = await RawClient.open(server.path, "json");
  await first.request("server/stop", { whenAloneMs: 60_000 });
  first.close();
  const second = await RawClient.open(server.path, "json");
  // The latest call counts; and while a client is connected, nothing ends.
  await second.request("server/stop", { whenAloneMs: 0 });
  assert.equal((await second.request("server/status")).error, undefined);
  await second.request("server/stop", { whenAloneMs: null });
  second.close();
  const third = await RawClient.open(server.path, "json");
  assert.equal((await third.request("server/status")).error, undefined);
  await third.request("server/stop", { whenAloneMs: 0 });
  third.close();
  assert.equal(await server.exited(), 0);
});
