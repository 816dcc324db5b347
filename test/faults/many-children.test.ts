import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { command, connect } from "../../bindings/typescript/index.js";
import { waitFor, within } from "../deadline.js";
import { isLiving } from "../living.js";
import { startServer } from "../server/server-process.js";
import { temporaryFolder } from "../temporary-folder.js";

test("six hundred children that end together cost one scan of the system's processes, not six hundred", async (t) => {
  const server = await startServer(t, ["--listen", `unix:${join(temporaryFolder(t), "run", "p.sock")}`]);
  await using mp = await connect(server.addresses[0]!);
  const pool = new mp.Pool(600);
  // Each with a child of its own, in another session.
  pool
    .map(
      command("sh", ["-c", "setsid sleep 600 & sleep 600"]),
      Array.from({ length: 600 }, (_, i) => i),
    )
    .catch(() => {});
  const pids = await waitFor(
    async () => {
      const { processes } = await mp.connection.request("process/list", { scope: "all" });
      const running = processes.filter(({ role, state }) => role === "task" && state === "running");
      return running.length === 600 ? running.map(({ pid }) => pid!) : null;
    },
    { what: "600 children", timeoutMs: 60_000, intervalMs: 100 },
  );
  await within(pool.terminate(), "the end of 600 children");
  assert.deepEqual(pids.filter(isLiving), []);
});
