import assert from "node:assert/strict";
import { test } from "node:test";
import { functions } from "../fixtures/paths.js";
import { TestHost } from "./harness.js";

const identity = { process: "process:s1.1", name: "Process-1", daemon: false, parentPid: 1, parentName: "MainProcess" };

/** Runs one function as a Process. */
function runOnce(host: TestHost, name: string, args: unknown[] = []): void {
  host.run([host.apply(0, args)], {
    once: true,
    identity,
    targets: [{ id: 0, target: { module: functions, export: name } }],
  });
}

test("output comes over the connection, in order with the results, and not twice", async (t) => {
  const host = await TestHost.start(t);
  const order: string[] = [];
  const targets = [{ id: 0, target: { module: functions, export: "log" } }];
  host.run([host.apply(0, ["one"]), host.apply(0, ["two"])], { targets });
  await host.results(2);
  order.push(host.output.stdout, host.output.stderr);
  assert.deepEqual(order, ["out one\nout two\n", "err one\nerr two\n"]);
  host.send("worker/exit", {});
  await host.exited;
  assert.deepEqual(host.pipes, { stdout: "", stderr: "" });
});

test("process.exit in a task loses no output and no finished item, and its code is the host's", async (t) => {
  const host = await TestHost.start(t);
  host.run([host.apply(0, ["last words"])], {
    targets: [{ id: 0, target: { module: functions, export: "logAndExit" } }],
  });
  assert.deepEqual(await host.exited, { code: 0, signal: null });
  assert.equal(host.output.stdout, "last words\n");

  const other = await TestHost.start(t);
  const source = "(x) => { if (x === 3) process.exit(7); return x; }";
  other.run([other.task(0, "map", [1, 2, 3, 4])], { targets: [{ id: 0, target: { source } }] });
  assert.deepEqual(await other.exited, { code: 7, signal: null });
  assert.deepEqual(
    other.told.flatMap((told) => told.values),
    [1, 2],
  );
  assert.equal(other.told.at(-1)!.next, 2);
});

test("a task that writes more than the connection holds loses nothing", async (t) => {
  const host = await TestHost.start(t);
  const source =
    "(lines) => { for (let i = 0; i < lines; i++) console.log(String(i).padStart(99, '.')); return lines; }";
  host.run([host.apply(0, [20_000])], { targets: [{ id: 0, target: { source } }] });
  await host.results(1);
  assert.equal(host.output.stdout.length, 20_000 * 100);
  assert.ok(host.output.stdout.endsWith("19999\n"));
});

test("a process runs its one function, ends its session in order, and exits with 0", async (t) => {
  const host = await TestHost.start(t);
  runOnce(host, "log", ["hello"]);
  assert.deepEqual(await host.exited, { code: 0, signal: null });
  assert.equal(host.output.stdout, "out hello\n");
  assert.deepEqual(
    host.notifications.map(({ method }) => method),
    ["shutdown"],
  );
});

test("a process whose function throws says so on standard error and exits with 1", async (t) => {
  const host = await TestHost.start(t);
  runOnce(host, "fail", ["in vain"]);
  assert.deepEqual(await host.exited, { code: 1, signal: null });
  assert.match(host.output.stderr, /^Process-1:\nRangeError: in vain\n {4}at fail/);
  assert.match(host.output.stderr, /\[cause\]: Failing.*: the cause\n {6}at fail.*\{\n {4}detail/);
  assert.equal(host.told[0]!.error!.message, "RangeError: in vain");
});

test("a process whose module cannot be loaded exits with 1, too", async (t) => {
  const host = await TestHost.start(t);
  host.run([host.apply(0)], { once: true, identity, targets: [{ id: 0, target: { module: "/nowhere.mjs" } }] });
  assert.deepEqual(await host.exited, { code: 1, signal: null });
  assert.match(host.output.stderr, /module \/nowhere\.mjs does not exist/);
});

test("an uncaught exception ends a process with 1", async (t) => {
  const host = await TestHost.start(t);
  runOnce(host, "throwOutside");
  assert.deepEqual(await host.exited, { code: 1, signal: null });
  assert.match(host.output.stderr, /thrown outside/);
});

test("process.exit and process.exitCode give a process's exit code", async (t) => {
  const host = await TestHost.start(t);
  runOnce(host, "exit", [3]);
  assert.deepEqual(await host.exited, { code: 3, signal: null });
  const other = await TestHost.start(t);
  other.run([other.apply(0)], {
    once: true,
    identity,
    targets: [{ id: 0, target: { source: "() => { process.exitCode = 4; }" } }],
  });
  assert.deepEqual(await other.exited, { code: 4, signal: null });
});

test("a host ends after worker/exit, once it has no more tasks", async (t) => {
  const host = await TestHost.start(t);
  host.run([host.apply(0, [1]), host.apply(0, [2])], {
    targets: [{ id: 0, target: { module: functions, export: "doubleLater" } }],
  });
  host.send("worker/exit", {});
  assert.deepEqual(await host.exited, { code: 0, signal: null });
  assert.deepEqual(
    host.told.flatMap((told) => told.values),
    [2, 4],
  );
});

test("a host that gets worker/exit between long tasks still runs the remaining ones", async (t) => {
  const host = await TestHost.start(t);
  const source = "(x) => { for (const until = performance.now() + 20; performance.now() < until;); return x; }";
  host.run(
    [1, 2, 3, 4, 5].map((x) => host.apply(0, [x])),
    { targets: [{ id: 0, target: { source } }] },
  );
  host.send("worker/exit", {});
  assert.deepEqual(await host.exited, { code: 0, signal: null });
  assert.deepEqual(
    host.told.flatMap((told) => told.values),
    [1, 2, 3, 4, 5],
  );
});

test("a host whose server has ended ends at once, idle or busy", async (t) => {
  const idle = await TestHost.start(t);
  idle.hangUp();
  assert.deepEqual(await idle.exited, { code: 1, signal: null });
  const busy = await TestHost.start(t);
  busy.run([busy.apply(0)], { targets: [{ id: 0, target: { module: functions, export: "untilAborted" } }] });
  busy.hangUp();
  assert.deepEqual(await busy.exited, { code: 1, signal: null });
});

test("an interrupt does not end a host, a termination does, unless the task's module handles it", async (t) => {
  const host = await TestHost.start(t);
  host.child.kill("SIGINT");
  const [told] = await host.outcomes({ module: functions, export: "double" }, (h) => [h.apply(0, [4])]);
  assert.deepEqual(told!.values, [8]);
  host.child.kill("SIGTERM");
  assert.deepEqual(await host.exited, { code: null, signal: "SIGTERM" });

  const handling = await TestHost.start(t);
  const source =
    "() => new Promise((resolve) => { process.once('SIGTERM', () => resolve('handled')); console.log('ready'); })";
  handling.run([handling.apply(0)], { targets: [{ id: 0, target: { source } }] });
  await handling.wait(() => handling.output.stdout === "ready\n", "the handler");
  handling.child.kill("SIGTERM");
  await handling.results(1);
  assert.deepEqual(handling.told[0]!.values, ["handled"]);
});
