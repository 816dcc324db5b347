import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { viewOfRow } from "../../../extension/results/row-views.js";
import { workerText } from "../../../extension/results/worker-text.js";
import { RunList } from "../../../extension/runs/run-list.js";
import type { RunRequest } from "../../../extension/runs/run.js";
import { waitFor } from "../../deadline.js";
import { FakeModel, FakeServer } from "./fake-server.js";

const target = { module: "/w/count.js", export: "count" };

function request(changes: Partial<RunRequest> = {}): RunRequest {
  const items = ["a", "b"].map((label) => ({ value: label, label, file: null }));
  return { name: "count", target, items, options: { where: "cluster" }, origin: "command", ...changes };
}

function setUp(t: TestContext, cluster: string) {
  const server = new FakeServer();
  const runs = new RunList({
    server,
    model: new FakeModel(),
    defaults: () => ({ processes: 0 }),
    cluster: () => cluster,
    interpreterOf: () => Promise.resolve("/w/bin/python"),
    onFault: (fault) => assert.fail(String(fault)),
  });
  t.after(() => {
    runs.dispose();
    server.rpc?.close();
  });
  return { server, runs };
}

test("on a cluster a run leaves out the folder, the environment and the programs of this machine", async (t) => {
  const { server, runs } = setUp(t, "redis://127.0.0.1");
  const local = { cwd: "/w", env: { A: "1" } };
  const sent = async (changes: Partial<RunRequest>) => {
    const run = await runs.start(request({ ...local, ...changes }));
    const { cluster, cwd, env, target: what } = server.rpc!.runs.get(run.id)!.spec;
    return { cluster, cwd, env, target: what };
  };
  assert.deepEqual(await sent({}), { cluster: "redis://127.0.0.1", cwd: undefined, env: undefined, target });
  const wc = { command: "wc", args: ["{item}"] };
  assert.deepEqual((await sent({ target: { ...wc, ...local, outputFolder: "/tmp/x" } })).target, wc);
  assert.deepEqual(await sent({ options: {} }), {
    ...local,
    cluster: undefined,
    target: { ...target, interpreter: "/w/bin/python" },
  });
});

test("without a cluster no server is started for a run that needs one", async (t) => {
  const { server, runs } = setUp(t, "");
  await assert.rejects(runs.start(request()), /No cluster is set/);
  assert.equal(server.rpc, null);
});

test("a row says on which host its item ran", async (t) => {
  const { server, runs } = setUp(t, "redis://127.0.0.1");
  const run = await runs.start(request());
  const entry = { attempt: 1, startedAt: 5 };
  server.rpc!.change(run.id, { ...entry, index: 0, chunk: 0, state: "done", pid: 12, host: "alpha", ms: 3 });
  const running = { ...entry, index: 1, chunk: 1, state: "running", pid: 0, ms: null } as const;
  server.rpc!.change(run.id, running);
  await waitFor(() => run.rows[1]!.state === "running");
  const texts = () => run.rows.map((row) => workerText(viewOfRow(row)));
  assert.deepEqual(texts(), ["alpha:12", ""]);
  server.rpc!.change(run.id, { ...running, host: "beta" });
  await waitFor(() => texts()[1] === "beta", { what: "the host of the item that runs" });
});
