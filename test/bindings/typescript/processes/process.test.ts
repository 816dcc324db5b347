import assert from "node:assert/strict";
import { after, test } from "node:test";
import {
  activeChildren,
  command,
  cpuCount,
  currentProcess,
  isMain,
  JoinableQueue,
  parentProcess,
  Pool,
  Process,
  Queue,
  setOutput,
  shutdown,
  task,
  type OutputLine,
} from "../../../../bindings/typescript/index.js";
import { waitFor, within } from "../../../deadline.js";
import { children } from "../fixtures/modules.js";
import {
  Doubler,
  exitWith,
  fail,
  forEver,
  makeHidden,
  makeUnfindable,
  print,
  putArguments,
  putIdentity,
  startGrandchild,
} from "../fixtures/children.js";

const lines: OutputLine[] = [];
setOutput((line) => lines.push(line));
after(shutdown);

async function ran(...args: ConstructorParameters<typeof Process>): Promise<Process> {
  const child = new Process(...args);
  await child.start();
  await within(child.join(), `the end of ${child.name}`);
  return child;
}

function outputOf(child: Process, stream: "stdout" | "stderr" = "stdout"): string[] {
  return lines.filter((line) => line.pid === child.pid && line.stream === stream).map((line) => line.text);
}

test("a process runs its function in another process, whose currentProcess() names it", async () => {
  const queue = new Queue();
  const child = new Process({ target: task(children, putIdentity), args: [queue, "hello"], name: "greeter" });
  assert.equal(child.pid, null);
  assert.equal(child.exitCode, null);
  assert.equal(await child.isAlive(), false);
  await child.start();
  assert.notEqual(child.pid, process.pid);
  assert.deepEqual(await queue.get(), {
    text: "hello",
    name: "greeter",
    pid: child.pid,
    daemon: false,
    parent: { name: "MainProcess", pid: process.pid, ident: process.pid },
  });
  await child.join();
  assert.equal(child.exitCode, 0);
  assert.equal(await child.isAlive(), false);
});

test("arguments arrive, named ones as one last argument", async () => {
  const queue = new Queue();
  await ran({ target: task(children, putArguments), args: [queue, 1, { a: [2] }] });
  assert.deepEqual(await queue.get(), [1, { a: [2] }]);
  await ran({ target: task(children, putArguments), args: [queue, 1], kwargs: { deep: true } });
  assert.deepEqual(await queue.get(), [1, { deep: true }]);
});

test("the exit code is 0, 1 after a throw, that of process.exit, or minus the signal", async () => {
  assert.equal((await ran({ target: task(children, print) })).exitCode, 0);
  const failed = await ran({ target: task(children, fail), args: ["on purpose"] });
  assert.equal(failed.exitCode, 1);
  assert.match(outputOf(failed, "stderr").join("\n"), /TypeError: on purpose/);
  assert.equal((await ran({ target: task(children, exitWith), args: [3] })).exitCode, 3);
  const killed = new Process({ target: task(children, forEver) });
  await killed.start();
  await killed.kill();
  await killed.join();
  assert.equal(killed.exitCode, -9);
  const terminated = new Process({ target: task(children, forEver) });
  await terminated.start();
  await terminated.terminate();
  await within(terminated.join(), "a process that was terminated");
  assert.equal(terminated.exitCode, -15);
});

test("the exit code and the sentinel are set without join", async () => {
  const child = new Process({ target: task(children, exitWith), args: [7] });
  await child.start();
  await within(child.sentinel, "the sentinel");
  assert.equal(child.exitCode, 7);
});

test("join waits no longer than its timeout", async () => {
  const child = new Process({ target: task(children, forEver), daemon: true });
  await child.start();
  await child.join(5);
  assert.equal(child.exitCode, null);
  assert.equal(await child.isAlive(), true);
  await child.kill();
  await child.join();
});

test("calls in the wrong order fail with an error that says so", async () => {
  const child = new Process({ target: task(children, print), name: "early" });
  await assert.rejects(child.join(), /early cannot be joined: call start\(\) first/);
  await assert.rejects(child.terminate(), /call start/);
  await assert.rejects(child.kill(), /call start/);
  assert.throws(() => child.sentinel, /call start/);
  await child.start();
  await assert.rejects(child.start(), /cannot be started again: make a new Process/);
  assert.throws(() => {
    child.daemon = true;
  }, /was started/);
  assert.throws(() => {
    child.name = "late";
  }, /was started/);
  await child.join();
  await assert.rejects(child.start(), /cannot be started again/);
  await child.close();
  await assert.rejects(child.join(), /was closed/);
});

test("a process that runs cannot be closed", async () => {
  const child = new Process({ target: task(children, forEver), daemon: true });
  await child.start();
  await assert.rejects(child.close(), /still running/);
  await child.kill();
  await child.join();
  await child.close();
});

test("a function itself is run from its text", async () => {
  const queue = new Queue<number>();
  await ran({ target: async (to: Queue<number>, a: number, b: number) => to.put(a * b), args: [queue, 6, 7] });
  assert.equal(await queue.get(), 42);
});

test("a function that uses its surrounding scope fails with an explanation", async () => {
  const outside = 1;
  const child = await ran({ target: () => outside + 1 });
  assert.equal(child.exitCode, 1);
  assert.match(outputOf(child, "stderr").join("\n"), /outside is not defined[\s\S]*source text/);
});

test("a command is run, with the arguments appended", async () => {
  const child = await ran({ target: command("echo", ["one"]), args: ["two"] });
  assert.equal(child.exitCode, 0);
  assert.deepEqual(outputOf(child), ["one two"]);
});

test("a command that does not exist is refused by start", async () => {
  const child = new Process({ target: command("no-such-program-here") });
  await assert.rejects(child.start(), { codeName: "SpawnFailed" });
  await assert.rejects(child.start(), { codeName: "SpawnFailed" }, "and can be tried again");
});

test("a module or an export that does not exist is reported on standard error", async () => {
  const child = await ran({ target: { module: children.url, export: "nothing" } });
  assert.equal(child.exitCode, 1);
  assert.match(outputOf(child, "stderr").join("\n"), /does not export "nothing"/);
});

test("a process without a target does nothing and exits with 0", async () => {
  assert.equal((await ran()).exitCode, 0);
});

test("a subclass runs in the child, with its fields", async () => {
  const queue = new Queue<{ result: number; name: string; pid: number }>();
  const doubler = new Doubler(queue, 21);
  doubler.value++;
  await doubler.start();
  const told = await within(queue.get(), "the subclass");
  assert.equal(told.result, 44);
  assert.equal(told.pid, doubler.pid);
  assert.equal(told.name, doubler.name);
  assert.match(doubler.name, /^Doubler-\d+$/);
  await doubler.join();
  assert.equal(doubler.exitCode, 0);
});

test("a subclass that is not exported runs when it is registered", async () => {
  const queue = new Queue();
  const hidden = makeHidden(queue);
  await hidden.start();
  assert.equal(await within(queue.get(), "the subclass"), "hidden ran");
  await hidden.join();
});

test("a subclass that cannot be found fails with an error that says what to write", async () => {
  const child = makeUnfindable();
  await child.start();
  await child.join();
  assert.equal(child.exitCode, 1);
  assert.match(
    outputOf(child, "stderr").join("\n"),
    /Unfindable was not found in .*children\.js: export it there, or write registerProcess\(import\.meta, Unfindable\)/,
  );
});

test("fields of a subclass that cannot be sent are named", async () => {
  const doubler = new Doubler((() => {}) as never, 1);
  await assert.rejects(doubler.start(), /queue is the function/);
});

test("activeChildren returns the living children", async () => {
  const child = new Process({ target: task(children, forEver), daemon: true });
  await child.start();
  assert.deepEqual(await activeChildren(), [child]);
  await child.kill();
  await child.join();
  assert.deepEqual(await activeChildren(), []);
});

test("a daemonic process may not have children, others may", async () => {
  const queue = new Queue<string>();
  await ran({ target: task(children, startGrandchild), args: [queue], daemon: true });
  assert.match(await queue.get(), /daemonic/);
  await ran({ target: task(children, startGrandchild), args: [queue] });
  assert.equal(await queue.get(), "exit code 0");
});

test("workers of a pool are daemonic, unless it was made with daemon: false", async () => {
  const queue = new Queue<string>();
  for (const [daemon, found] of [
    [undefined, /daemonic .* unless it was made with daemon: false/],
    [false, /^exit code 0$/],
  ] as const) {
    await using pool = new Pool(1, { daemon });
    await pool.apply(task(children, startGrandchild), [queue]);
    assert.match(await queue.get(), found);
  }
});

test("all output has arrived when join resolves, in whole lines and in order", async () => {
  const text = Array.from({ length: 300 }, (_, i) => `line ${i} ${"x".repeat(i)}`);
  const child = await ran({ target: task(children, print), args: text });
  assert.deepEqual(outputOf(child), text);
});

test("a process can be sent to another, which can wait for it", async () => {
  const queue = new JoinableQueue<Process>();
  const child = new Process({ target: task(children, exitWith), args: [4] });
  await child.start();
  await queue.put(child as Process);
  const received = await queue.get();
  await received.join();
  assert.equal(received.exitCode, 4);
});

test("cwd and env are the child's", async () => {
  const queue = new Queue();
  const child = new Process({
    target: async (to: Queue) => to.put([process.cwd(), process.env["POLYPROC_TEST_VALUE"], process.env["HOME"]]),
    args: [queue],
    cwd: "/",
    env: { POLYPROC_TEST_VALUE: "set", HOME: null },
  });
  await child.start();
  assert.deepEqual(await within(queue.get(), "the child"), ["/", "set", null]);
  await child.join();
});

test("this process is the main one", () => {
  assert.deepEqual(
    { ...currentProcess() },
    { name: "MainProcess", pid: process.pid, ident: process.pid, daemon: false, handle: null },
  );
  assert.equal(parentProcess(), null);
  assert.equal(isMain(import.meta), true);
  assert.equal(isMain(children), false);
  assert.ok(cpuCount() >= 1);
});

test("ended children are forgotten by this process", async () => {
  const child = await ran({ target: task(children, print) });
  await waitFor(async () => !(await activeChildren()).includes(child));
});

test("a signal ends the process, and keeps one that was not started from starting", async () => {
  const controller = new AbortController();
  const p = new Process({ target: command("sleep", ["60"]), signal: controller.signal });
  await p.start();
  controller.abort();
  await within(p.join(), "the end of the process");
  assert.equal(p.exitCode, -15);
  const late = new Process({ target: command("true"), signal: AbortSignal.abort("too late") });
  await assert.rejects(late.start(), { name: "Cancelled", cause: "too late" });
  assert.equal(late.pid, null);
  // Once the process has ended, its signal does nothing.
  const after = new AbortController();
  const done = new Process({ target: command("true"), signal: after.signal });
  await done.start();
  await done.join();
  after.abort();
  assert.equal(done.exitCode, 0);
});
