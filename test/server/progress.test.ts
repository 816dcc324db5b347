import assert from "node:assert/strict";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { connect, type Client } from "../../bindings/typescript/index.js";
import type { Progress } from "../../protocol/progress.js";
import { jsonToPayload, payloadToJson } from "../../protocol/values.js";
import { waitFor } from "../deadline.js";
import { temporaryFolder } from "../temporary-folder.js";
import { startServer } from "./server-process.js";

async function client(t: TestContext): Promise<Client> {
  const server = await startServer(t, ["--listen", `unix:${join(temporaryFolder(t), "run", "p.sock")}`]);
  const mp = await connect(server.addresses[0]!, { output: "ignore" });
  t.after(() => mp.close().catch(() => {}));
  return mp;
}

test("a command reports its progress by OSC 9;4, which its output does not have", async (t) => {
  const mp = await client(t);
  const { connection } = mp;
  const go = join(temporaryFolder(t), "go");
  const script =
    `printf 'a\\033]9;4;1;45\\007b\\n'; until [ -e "$1" ]; do sleep 0.02; done; ` +
    `printf '\\033]9;4;0\\007end\\n' >&2`;
  const run = "run:s1.900";
  await connection.request("run/start", {
    run,
    target: { command: "sh", args: ["-c", script, "sh", "{item}"] },
    items: [jsonToPayload(go)],
  });
  const entry = async () => (await connection.request("run/read", { run, since: 0, timeoutMs: 0 })).entries[0]!;
  const progress = await waitFor(async (): Promise<Progress | undefined> => (await entry()).progress, {
    what: "the command's report",
  });
  assert.deepEqual(progress, { fraction: 0.45, text: "" });
  const { processes } = await connection.request("process/list", { scope: "all" });
  assert.deepEqual(processes.find(({ role }) => role === "task")?.progress, { index: 0, fraction: 0.45, text: "" });
  const { writeFileSync } = await import("node:fs");
  writeFileSync(go, "");
  await connection.request("run/wait", { run });
  const done = await entry();
  assert.deepEqual([done.state, done.progress], ["done", undefined]);
  const result = payloadToJson(done.value!) as { stdout: string; stderr: string };
  assert.deepEqual([result.stdout, result.stderr], ["ab\n", "end\n"]);
  const { lines } = await connection.request("run/output", { run, index: 0 });
  assert.deepEqual(lines.map(({ text }) => text).sort(), ["ab", "end"]);
});

test("the function of a Process reports, too", async (t) => {
  const mp = await client(t);
  const goOn = new mp.Event();
  const binding = new URL("../../bindings/typescript/index.js", import.meta.url).href;
  const source = `async (goOn) => {
    const { currentTask } = await import(${JSON.stringify(binding)});
    currentTask().report({ text: "waiting" });
    await goOn.wait();
  }`;
  const process = new mp.Process({ target: { source, runtime: "node" }, args: [goOn] });
  await process.start();
  const shown = await waitFor(
    async () => {
      const { processes } = await mp.connection.request("process/list", { scope: "all" });
      return processes.find(({ pid }) => pid === process.pid)?.progress;
    },
    { what: "the process's report" },
  );
  assert.deepEqual(shown, { fraction: null, text: "waiting" });
  await goOn.set();
  await process.join();
  assert.equal(process.exitCode, 0);
});
