import assert from "node:assert/strict";
import { test } from "node:test";
import { debugPlan, withoutDebugger, type DebugPlan } from "../../../extension/debug/debug-plan.js";
import type { Target } from "../../../protocol/target.js";

function runOf(target: Target) {
  const items = ["a", "b"].map((value) => ({ value, label: value, file: null }));
  const options = { processes: 8, retries: 3, timeoutMs: 1000, halt: { failures: 1 } };
  return {
    id: "run:s1.1",
    request: { name: "work", target, env: { KEY: "1" }, items, options, origin: "task" as const },
  };
}

test("an item is debugged alone, without limits, in its environment", () => {
  const address = { port: 9333, debugpy: null };
  const plan = debugPlan(runOf({ module: "/w/a.ts", export: "work" }), 1) as DebugPlan;
  const { items, options, env, first, origin } = plan.request(address);
  assert.deepEqual(
    items.map(({ label }) => label),
    ["b"],
  );
  assert.deepEqual(options, { processes: 1, chunkSize: 1, retries: 0, timeoutMs: 0, where: "here", cache: false });
  assert.deepEqual(env, { KEY: "1", POLYPROC_DEBUG: "127.0.0.1:9333" });
  assert.deepEqual([first, origin], ["run:s1.1", "command"]);
  assert.deepEqual(withoutDebugger(env), { KEY: "1" });
  const { type, request, port } = plan.configuration(address);
  assert.deepEqual([type, request, port], ["node", "attach", 9333]);
});

test("a worker of Python is given the editor's debugpy, and calls the editor", () => {
  const address = { port: 9333, debugpy: "/ext/bundled/libs" };
  const plan = debugPlan(runOf({ module: "/w/a.py", export: "work" }), 0) as DebugPlan;
  assert.equal(plan.language, "python");
  assert.equal(plan.request(address).env!["POLYPROC_DEBUGPY"], "/ext/bundled/libs");
  const { type, listen } = plan.configuration(address);
  assert.deepEqual([type, listen], ["debugpy", { host: "127.0.0.1", port: 9333 }]);
});

test("commands and texts of functions say why they cannot be debugged", () => {
  assert.match(debugPlan(runOf({ command: "wc" }), 0) as string, /^Only functions can be debugged/);
  assert.match(debugPlan(runOf({ source: "() => 1", runtime: "node" }), 0) as string, /^Only functions of modules/);
  assert.match(debugPlan(runOf({ module: "/w/a.js" }), 7) as string, /has no item 7/);
});
