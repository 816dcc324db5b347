import assert from "node:assert/strict";
import { test } from "node:test";
import { jsonToPayload } from "../../../protocol/values.js";
import { PoolWorld } from "../engine/fake-hosts.js";
import { Caller } from "./caller.js";

const target = { module: "/tasks.js", export: "work" };

function setUp() {
  const world = new PoolWorld();
  const caller = new Caller(world);
  const run = `run:${caller.session}.1`;
  return { world, caller, run };
}

test("a run is listed and read by any session", () => {
  const { world, caller, run } = setUp();
  const spec = {
    name: "squares",
    target,
    meta: jsonToPayload({ labels: ["one"] }),
    processes: 2,
    chunkSize: 3,
    retries: 1,
    timeoutMs: 500,
    graceMs: 10,
    halt: { failures: 2, now: true },
    items: [jsonToPayload(1)],
  };
  const started = caller.result("run/start", { run, ...spec, maxResultBytes: 1000 });
  const other = new Caller(world);
  assert.deepEqual(other.result("run/list", {}), { runs: [other.result("run/status", { run })] });
  assert.deepEqual((started as { run: { session: string; target: string } }).run.session, caller.session);
  assert.deepEqual(other.result("run/spec", { run }), spec);
  assert.equal(other.call("run/forget", { run }).error?.codeName, "BadState");
  assert.deepEqual(other.result("run/output", { run, index: 0 }), { lines: [], dropped: 0 });
  assert.equal(other.call("run/wait", { run, timeoutMs: 10 }).open, true);
});

test("the wait of a reader ends with its time, its cancellation, or its session", () => {
  const { world, caller, run } = setUp();
  caller.result("run/start", { run, target, items: [jsonToPayload(1)] });
  assert.deepEqual(caller.result("run/read", { run, timeoutMs: 0 }), { entries: [], next: 0, ended: false });
  const waiting = [
    caller.call("run/read", { run }),
    caller.call("run/read", { run, timeoutMs: 20 }),
    caller.call("run/wait", { run, timeoutMs: 20 }),
  ] as const;
  caller.notify("$/cancelRequest", { id: waiting[0].id });
  assert.equal(waiting[0].error?.codeName, "RequestCancelled");
  world.clock.advance(20);
  assert.deepEqual(waiting[1].result, { entries: [], next: 0, ended: false });
  assert.equal(waiting[2].error?.codeName, "TimedOut");
});

test("invalid parameters are refused", () => {
  const { caller, run } = setUp();
  const refused = (spec: object) =>
    assert.equal(caller.call("run/start", { run, target, items: [], ...spec }).error?.codeName, "InvalidParams");
  refused({ processes: 0 });
  refused({ chunkSize: 0 });
  refused({ halt: { failures: 0 } });
  refused({ maxResultBytes: 2 ** 40 });
  refused({ run: "pool:s1.1" });
  caller.result("run/start", { run, target, items: [] });
  assert.equal(caller.call("run/read", { run, limit: 10_001 }).error?.codeName, "InvalidParams");
  assert.equal(caller.call("run/read", { run: "run:@nobody" }).error?.codeName, "UnknownHandle");
});
