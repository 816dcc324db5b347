import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { waitFor } from "../../deadline.js";
import { compiled } from "../../fixture.js";
import { isLiving } from "../../living.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { RawClient } from "../clients.js";
import { startProgram } from "../../faults/script.js";

test("without a free descriptor a server starts no process, but can end processes, and recovers", async (t) => {
  const socket = join(temporaryFolder(t), "s");
  const server = startProgram(t, "a server with few descriptors", [
    "sh",
    "-c",
    // While Node loads the server's modules, it has many of their files open.
    'ulimit -n 200; exec "$@"',
    "sh",
    process.execPath,
    compiled("server/main"),
    "--listen",
    `unix:${socket}`,
  ]);
  assert.equal(await server.line(), `polyproc: listening on unix:${socket}`);
  const client = await RawClient.open(socket, "json");
  const target = { command: "sh", args: ["-c", "trap '' TERM; sleep 1000 & wait"] };
  const pids: number[] = [];
  let refused = 0;
  for (let i = 1; refused < 3; i++) {
    const { result, error } = await client.request("process/start", { process: `process:s1.${i}`, target });
    if (error) {
      assert.equal(error.data?.["name"], "SpawnFailed");
      assert.match(error.message, /too many open files \(EMFILE\); run fewer at once or raise ulimit -n/);
      refused++;
    } else pids.push((result as { pid: number }).pid);
    assert.ok(i < 200);
  }
  assert.ok(pids.length > 5);
  const host = await client.request("pool/map", {
    processes: 1,
    target: { source: "(n) => n", runtime: "node" },
    items: [1],
  });
  assert.equal((host.result ?? host.error).outcomes[0].ok, false);
  // Connections take the last ones; those that find none are closed.
  const strangers = await Promise.all(Array.from({ length: 8 }, () => RawClient.connect(socket, "json")));
  await waitFor(() => strangers.some(({ ended }) => ended), { what: "the end of the last descriptor" });
  for (const pid of pids) await client.request("process/kill", { pid });
  await waitFor(() => !pids.some(isLiving), { what: "the end of all" });
  for (const stranger of strangers) stranger.close();
  await waitFor(async () => (await client.request("process/list", { scope: "all" })).result.processes.length === 0, {
    what: "the server's word for it",
  });
  assert.equal(server.family().length, 2, "the server and its guardian");
  const { result } = await client.request("pool/map", {
    processes: 1,
    target: { source: "(n) => n + 1", runtime: "node" },
    items: [1],
  });
  assert.deepEqual(
    result.outcomes.map((outcome: { value?: unknown }) => outcome.value),
    [2],
  );
  client.close();
  server.process.kill("SIGTERM");
  assert.equal(await server.exited(), 0);
  assert.equal(server.stderr(), "");
});
