import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { errorCodes } from "../../../../protocol/errors.js";
import { StoredBytes } from "../../../../protocol/payload.js";
import { fitsPacket } from "../../../../protocol/task-packet.js";
import { encode } from "../../../../bindings/typescript/session/codec.js";
import { openMemoryFile } from "../../../../server/os/bypass/memory-file.js";
import { waitFor } from "../../../deadline.js";
import { temporaryFolder } from "../../../temporary-folder.js";
import { functions } from "../fixtures/paths.js";
import { TestHost } from "./harness.js";

const of = (name: string) => ({ module: functions, export: name });

test("a host begins with worker/ready, and says that it uses channels when it has them", async (t) => {
  const { ready, child } = await TestHost.start(t);
  assert.deepEqual(ready, {
    protocolVersion: "1.0",
    runtime: "node",
    pid: child.pid,
    workerChannels: true,
    stacks: { by: "inspector" },
    capabilities: { channels: process.platform === "linux", maxPayloadBytes: 0xffff_ffff },
  });
  const without = await TestHost.start(t, { channels: false });
  assert.equal(without.ready["workerChannels"], false);
});

test("each mode makes its calls of the items", async (t) => {
  const host = await TestHost.start(t);
  const echo = of("echo");
  const [applied] = await host.outcomes(echo, (h) => [h.apply(0, [1, "two"])]);
  assert.deepEqual(applied!.values, [[1, "two"]]);
  const [withKwargs] = await host.outcomes(echo, (h) => [h.apply(0, [1], { name: "x" })]);
  assert.deepEqual(withKwargs!.values, [[1, { name: "x" }]]);
  // On a slow machine each item has a message of its own.
  const mapped = await host.outcomes(echo, (h) => [h.task(0, "map", [[1, 2], "x"])]);
  assert.deepEqual(
    mapped.flatMap(({ values }) => values),
    [[[1, 2]], ["x"]],
  );
  const spread = await host.outcomes(echo, (h) => [h.task(0, "starmap", [[1, 2], []])]);
  assert.deepEqual(
    spread.flatMap(({ values }) => values),
    [[1, 2], []],
  );
});

test("a thenable of the function's own settles its item once, whatever its `then` does", async (t) => {
  const host = await TestHost.start(t);
  const told = await host.outcomes(of("ownThen"), (h) => [
    h.apply(0, ["settles twice and throws"]),
    h.apply(0, ["throws"]),
    h.apply(0, ["cannot be looked at"]),
    h.apply(0, ["resolves"]),
  ]);
  assert.deepEqual(
    told.map(({ method, seq, values, error }) => [method, seq, values ?? error?.message]),
    [
      ["worker/result", 0, ["first"]],
      ["worker/result", 1, "Error: from then"],
      ["worker/result", 2, "Error: from the getter"],
      ["worker/result", 3, ["first"]],
    ],
  );
});

test("promises are awaited before the next task begins", async (t) => {
  const host = await TestHost.start(t);
  const told = await host.outcomes(of("doubleLater"), (h) => [h.task(0, "map", [1, 2, 3]), h.apply(0, [4])]);
  const results = told.filter((one) => one.method === "worker/result").map((one) => one.seq);
  assert.deepEqual(results, [0, 1]);
  assert.deepEqual(
    told.flatMap((one) => one.values ?? []),
    [2, 4, 6, 8],
  );
});

test("an exact task reports each item before the next begins", async (t) => {
  const host = await TestHost.start(t);
  const told = await host.outcomes(of("double"), (h) => [h.task(0, "map", [1, 2, 3], { exact: true })]);
  assert.deepEqual(told, [
    { method: "worker/part", seq: 0, from: 0, count: 1, values: [2], next: 1 },
    { method: "worker/part", seq: 0, from: 1, count: 1, values: [4], next: 2 },
    { method: "worker/result", seq: 0, from: 2, count: 1, values: [6] },
  ]);
});

test("a task that begins in the middle of its items runs only the rest", async (t) => {
  const host = await TestHost.start(t);
  const told = await host.outcomes(of("double"), (h) => [h.task(0, "map", [1, 2, 3, 4, 5], { from: 1, to: 3 })]);
  assert.equal(told[0]!.from, 1);
  assert.deepEqual(
    told.flatMap((outcome) => outcome.values),
    [4, 6],
  );
  assert.equal(told.at(-1)!.method, "worker/result");
});

test("an item that fails does not affect its neighbours, and the order stays", async (t) => {
  const host = await TestHost.start(t);
  const told = await host.outcomes(of("failOdd"), (h) => [h.task(0, "map", [0, 1, 2, 4, 5])]);
  const shape = told.map(({ from, count, values, error }) => ({
    from,
    count,
    outcome: values ?? error!.data!["message"],
  }));
  let at = 0;
  const outcomes = shape.flatMap(({ from, count, outcome }) => {
    assert.equal(from, at);
    at += count;
    return outcome;
  });
  assert.deepEqual(outcomes, [0, "1 is odd", 2, 4, "5 is odd"]);
  assert.equal(told.at(-1)!.method, "worker/result");
});

test("an error is reported with class, message, stack, properties and causes, without the host's frames", async (t) => {
  const host = await TestHost.start(t);
  const [told] = await host.outcomes(of("fail"), (h) => [h.apply(0, ["too far"])]);
  const { code, message, data } = told!.error!;
  assert.equal(code, errorCodes.TaskFailed);
  assert.equal(message, "RangeError: too far");
  assert.equal(data!["type"], "RangeError");
  assert.equal(data!["language"], "javascript");
  assert.match(data!["stack"] as string, /^RangeError: too far\n {4}at fail \(.*functions/);
  assert.doesNotMatch(data!["stack"] as string, /typescript\/host/);
  const cause = data!["cause"] as Record<string, unknown>;
  assert.equal(cause["type"], "Failing");
  assert.deepEqual(cause["properties"], { detail: { path: "/x", codes: [1, 2] } });
});

test("any thrown value is a failure, and so is a rejection", async (t) => {
  const host = await TestHost.start(t);
  const [text] = await host.outcomes(of("throwText"), (h) => [h.apply(0)]);
  assert.equal(text!.error!.data!["type"], "string");
  assert.equal(text!.error!.data!["message"], "just text");
  const [rejected] = await host.outcomes(of("rejectLater"), (h) => [h.apply(1)]);
  assert.equal(rejected!.error!.message, "Error: rejected");
});

test("a result that cannot be sent fails its item alone, and the error names the value", async (t) => {
  const host = await TestHost.start(t);
  const [told] = await host.outcomes(of("makeFunction"), (h) => [h.apply(0)]);
  assert.match(told!.error!.message, /^TypeError: the function's result cannot be sent: .*function/);
});

test("a result beyond the largest message fails with PayloadTooLarge", async (t) => {
  const host = await TestHost.start(t, { maxPayloadBytes: 1 << 20 });
  const told = await host.outcomes(of("zeros"), (h) => [h.task(0, "map", [10, 2 << 20, 600_000, 600_000])]);
  const outcomes = told.flatMap(({ values, error }) => values?.map((value) => (value as Buffer).length) ?? error!.code);
  assert.deepEqual(outcomes, [10, errorCodes.PayloadTooLarge, 600_000, 600_000]);
});

test("an uncaught exception and an unhandled rejection fail the running task; the host goes on", async (t) => {
  const host = await TestHost.start(t);
  const [thrown] = await host.outcomes(of("throwOutside"), (h) => [h.apply(0)]);
  assert.equal(thrown!.error!.message, "Error: thrown outside");
  const [rejected] = await host.outcomes(of("rejectOutside"), (h) => [h.apply(1)]);
  assert.equal(rejected!.error!.message, "Error: nobody handles this");
  const [next] = await host.outcomes(of("double"), (h) => [h.apply(2, [21])]);
  assert.deepEqual(next!.values, [42]);
});

test("a task names its block in its packet, and the block is released together with the result", async (t) => {
  const host = await TestHost.start(t);
  const items = encode([[[new Uint8Array(200_000).fill(7)], {}]]) as Uint8Array;
  const file = openMemoryFile(items.length)!;
  t.after(() => file.close());
  assert.ok(await file.fill(items));
  const task = host.apply(0);
  const payload = new SentByServer(["block:s2.1", file.path, file.inode, 0, items.length]);
  task.items = [payload, [payload.handle]];
  assert.ok(fitsPacket(task));
  const [told] = await host.outcomes(of("echo"), () => [task]);
  assert.deepEqual(told!.values, [[Buffer.alloc(200_000, 7)]]);
  assert.deepEqual(host.notifications, [{ method: "handle/release", params: { handles: ["block:s2.1"] } }]);
});

/** A block, as the server sends it. */
class SentByServer extends StoredBytes {
  readonly reference: [handle: string, path: string, inode: string, offset: number, bytes: number];

  constructor(reference: [string, string, string, number, number]) {
    super();
    this.reference = reference;
  }

  get handle(): string {
    return this.reference[0];
  }

  get length(): number {
    return this.reference[4];
  }

  read(): never {
    throw new Error("the host reads it");
  }

  start(): never {
    throw new Error("the host reads it");
  }
}

test("a finished result does not wait behind the next task, which blocks the thread", async (t) => {
  const host = await TestHost.start(t);
  const gate = join(temporaryFolder(t), "gate");
  const targets = [
    { id: 0, target: of("double") },
    { id: 1, target: of("blockUntil") },
  ];
  host.run([host.apply(0, [1])], { targets });
  await host.results(1);
  host.run([host.apply(0, [2]), host.apply(1, [gate]), host.apply(0, [3])]);
  await host.results(2);
  assert.deepEqual(
    host.told.map((one) => one.values),
    [[2], [4]],
  );
  writeFileSync(gate, "");
  await host.results(4);
  assert.deepEqual(
    host.told.map((one) => one.values),
    [[2], [4], ["released"], [6]],
  );
});

test("cancelling fires the task's signal with the reason; the next task has a signal of its own", async (t) => {
  const host = await TestHost.start(t);
  const folder = temporaryFolder(t);
  const one = host.apply(0, [join(folder, "one")]);
  const two = host.apply(0, [join(folder, "two")]);
  host.run([one, two], { targets: [{ id: 0, target: of("untilAborted") }] });
  await waitFor(() => existsSync(join(folder, "one")));
  host.send("worker/cancel", { seq: one.seq, reason: "TimedOut" });
  await waitFor(() => existsSync(join(folder, "two")));
  host.send("worker/cancel", { seq: two.seq, reason: "Cancelled" });
  await host.results(2);
  assert.deepEqual(
    host.told.map((told) => told.values),
    [["TimedOut"], ["Cancelled"]],
  );
});

test("a task that is cancelled before it begins, or while its module is loaded, does not run", async (t) => {
  const host = await TestHost.start(t);
  const folder = temporaryFolder(t);
  const [module, go, ran] = ["slow.mjs", "go", "ran"].map((name) => join(folder, name)) as [string, string, string];
  writeFileSync(
    module,
    `import { existsSync, writeFileSync } from "node:fs";
writeFileSync(${JSON.stringify(join(folder, "loads"))}, "");
const turn = () => new Promise((resolve) => setTimeout(resolve, 5));
while (!existsSync(${JSON.stringify(go)})) await turn();
// What the test sent before it wrote the file is read in the next turn of the event loop.
await turn();
export const run = () => writeFileSync(${JSON.stringify(ran)}, "");
`,
  );
  const loading = host.task(0, "map", [1, 2]);
  host.run([loading], { targets: [{ id: 0, target: { module, export: "run" } }] });
  await waitFor(() => existsSync(join(folder, "loads")));
  host.send("worker/cancel", { seq: loading.seq, reason: "Cancelled" });
  await host.sent();
  writeFileSync(go, "");
  await host.results(1);
  const atOnce = host.task(0, "map", [1, 2]);
  // The host has begun it: only the packet is there, and the task comes after the cancellation.
  host.writePackets([atOnce], true);
  host.send("worker/cancel", { seq: atOnce.seq, reason: "Cancelled" });
  host.send("worker/run", { tasks: [atOnce] });
  await host.results(2);
  assert.deepEqual(
    host.told.map(({ seq, count, error }) => [seq, count, error?.code]),
    [loading, atOnce].map(({ seq }) => [seq, 2, errorCodes.Cancelled]),
  );
  assert.equal(existsSync(ran), false);
  host.run([host.task(0, "map", [1])]);
  await host.results(3);
  assert.equal(existsSync(ran), true);
});

test("a cancelled task does not begin its other items, one that timed out does", async (t) => {
  const host = await TestHost.start(t);
  const folder = temporaryFolder(t);
  const items = ["a", "b"].map((name) => join(folder, name));
  const first = host.task(0, "map", items, { exact: true });
  host.run([first], { targets: [{ id: 0, target: of("untilAborted") }] });
  await waitFor(() => existsSync(items[0]!));
  host.send("worker/cancel", { seq: first.seq, reason: "TimedOut" });
  await waitFor(() => existsSync(items[1]!));
  // The limit of the first item, told again too late, is not the second's.
  host.send("worker/cancel", { seq: first.seq, reason: "TimedOut", from: 0 });
  host.send("worker/cancel", { seq: first.seq, reason: "Cancelled", from: 1 });
  await host.results(1);
  assert.deepEqual(
    host.told.flatMap((told) => told.values),
    ["TimedOut", "Cancelled"],
  );

  const never = join(folder, "never");
  const second = host.task(0, "map", [join(folder, "c"), never], { exact: true });
  host.run([second]);
  await waitFor(() => existsSync(join(folder, "c")));
  host.send("worker/cancel", { seq: second.seq, reason: "Cancelled" });
  await host.results(2);
  assert.equal(host.told.at(-1)!.error!.code, errorCodes.Cancelled);
  assert.equal(existsSync(never), false);
});

test("a task can ask for its job and index", async (t) => {
  const host = await TestHost.start(t);
  const told = await host.outcomes(of("whichTask"), (h) => [h.task(0, "map", [1, 2], { job: "job:s1.7", index: 40 })]);
  // A slow machine tells them one by one.
  assert.deepEqual(
    told.flatMap(({ values }) => values),
    [
      { job: "job:s1.7", index: 40 },
      { job: "job:s1.7", index: 41 },
    ],
  );
});

test("between short synchronous items the event loop runs, so a cancel is seen", async (t) => {
  const host = await TestHost.start(t);
  // A minute's work.
  const task = host.task(0, "map", new Array<number>(60_000).fill(1));
  host.run([task], { targets: [{ id: 0, target: of("spin") }] });
  await host.wait(() => host.told.length > 0, "the first part");
  host.send("worker/cancel", { seq: task.seq, reason: "Cancelled" });
  await host.results(1);
  const last = host.told.at(-1)!;
  assert.equal(last.error!.code, errorCodes.Cancelled);
  assert.ok(last.count > 0, "no item was left");
});

test("the initializer runs before the first task", async (t) => {
  const host = await TestHost.start(t);
  const { encode } = await import("../../../../bindings/typescript/session/codec.js");
  host.run([host.apply(0)], {
    initializer: { target: of("prepare"), args: encode([["a", 1], {}]) },
    targets: [{ id: 0, target: of("whatWasPrepared") }],
  });
  await host.results(1);
  assert.deepEqual(host.told[0]!.values, [["a", 1]]);
  assert.deepEqual(host.notifications, [{ method: "worker/initialized", params: {} }]);
});

test("after a failed initializer no task runs, and the host ends on worker/exit", async (t) => {
  const host = await TestHost.start(t);
  host.run([host.apply(0)], { initializer: { target: of("throwText") }, targets: [{ id: 0, target: of("double") }] });
  await host.wait(() => host.notifications.length === 1, "worker/initialized");
  assert.match(JSON.stringify(host.notifications[0]!.params), /just text/);
  host.send("worker/exit", {});
  assert.deepEqual(await host.exited, { code: 0, signal: null });
  assert.deepEqual(host.told, []);
});
