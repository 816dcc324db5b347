import assert from "node:assert/strict";
import { test } from "node:test";
import { ItemsError } from "../../../extension/items/item-source.js";
import { runTask } from "../../../extension/tasks/run-task.js";
import { within } from "../../deadline.js";
import { errorCodes, PolyprocError } from "../../../protocol/errors.js";
import type { Target } from "../../../protocol/target.js";
import { FakeFeed, FakeRun, failure } from "./fake-run.js";
import { FakeTerminal } from "./fake-terminal.js";

interface Started {
  run: FakeRun;
  feed: FakeFeed;
  /** What the terminal shows, without colours and progress. */
  text: () => string;
  stop: AbortController;
  status: Promise<number>;
}

async function start(
  items: number,
  more: { module?: boolean; target?: Target; processes?: number; chunkSize?: number } = {},
  terminal = new FakeTerminal(),
): Promise<Started> {
  const { screen } = terminal;
  const run = new FakeRun(items, more);
  const feed = new FakeFeed(run.info.job);
  const stop = new AbortController();
  const status = runTask(
    {
      runs: { start: async () => run },
      prepare: async () => run.request,
      openFeed: async () => feed,
      screen,
      columns: () => 80,
      what: "check {item}",
    },
    stop.signal,
  );
  await within(run.followed, "the task to follow its run");
  const text = () => `${terminal.lines.join("\n")}\n`;
  return { run, feed, text, stop, status };
}

test("replayed items show what they wrote when they ran, and the summary counts them", async () => {
  const { run, text, status } = await start(2, { processes: 2, module: true });
  run.output = async (index) => ({ lines: [{ stream: "stderr", text: `earlier ${index}` }], dropped: 0 });
  run.set(0, "done", { cached: true, pid: 0, value: "zero" });
  run.set(1, "done", { value: "one" });
  run.end();
  assert.equal(await within(status, "the task's end"), 0);
  assert.match(text(), /\nearlier 0\nzero\none\n/);
  assert.doesNotMatch(text(), /earlier 1/);
  assert.match(text(), /\n2 done, 1 replayed in \d+ ms\n$/);
});

test("an item's lines come together and before its failure; the last line is the summary", async () => {
  const { run, feed, text, status } = await start(3, { processes: 2 });
  feed.line(0, "a1");
  feed.line(1, "b1");
  feed.line(0, "a2");
  run.set(1, "failed", { error: failure("exit code 2") });
  run.set(0, "done");
  run.set(2, "done");
  run.end();
  assert.equal(await within(status, "the task's end"), 1);
  assert.match(text(), /^check \{item\}\n3 items, 2 at a time\n\n/);
  const lines = text().split("\n");
  assert.ok(lines.indexOf("a2") === lines.indexOf("a1") + 1);
  assert.ok(lines.indexOf("b1") < lines.indexOf("✘ item 1: exit code 2"));
  assert.match(text(), /\n2 done, 1 failed in \d+ ms\n$/);
  assert.ok(feed.closed);
});

test("a task that puts the item into a shell's program gets a warning", async () => {
  const { run, text, status } = await start(1, { target: { command: "bash", args: ["-c", "wc {item}"] } });
  run.set(0, "done");
  run.end();
  await within(status, "the task's end");
  assert.match(text(), /^check \{item\}\npolyproc: \{item\} stands inside of the program that bash -c runs/);
});

test("the last lines of an item may come after the news of its end", async () => {
  const { run, feed, text, status } = await start(2);
  feed.held.push({ index: 0, text: "late" });
  run.set(0, "failed", { error: failure("exit code 1") });
  run.set(1, "done");
  run.end();
  await within(status, "the task's end");
  assert.match(text(), /late\n✘ item 0: exit code 1\n/);
});

test("exit code 0 if all items are done, 130 if another window cancelled, 69 if the server was lost", async () => {
  for (const [expected, end] of [
    [0, (run: FakeRun) => [0, 1].forEach((index) => run.set(index, "done"))],
    [
      130,
      (run: FakeRun) => {
        run.set(0, "done");
        run.set(1, "cancelled");
        run.info.state = "cancelled";
      },
    ],
    [
      69,
      (run: FakeRun) => {
        run.set(0, "done");
        run.set(1, "lost");
        run.lost = true;
      },
    ],
  ] as const) {
    const { run, status, text } = await start(2);
    end(run);
    run.end();
    assert.equal(await within(status, "the task's end"), expected);
    if (expected === 69)
      assert.match(text(), /1 done, 1 not finished in .*: the server has gone, and all that it ran has ended\n$/);
    if (expected === 130) assert.match(text(), /: cancelled\n$/);
  }
});

test("stopping cancels the run, and waits for its end", async () => {
  const { run, stop, status, feed } = await start(2);
  stop.abort();
  await within(run.cancelled, "the cancellation");
  run.set(0, "cancelled");
  run.set(1, "cancelled");
  run.info.state = "cancelled";
  run.end();
  assert.equal(await within(status, "the task's end"), 130);
  assert.ok(feed.closed);
});

test("with one process lines come as they are written", async () => {
  const { run, feed, text, status } = await start(5, { processes: 1 });
  feed.line(0, "now");
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  assert.match(text(), /\nnow\n/);
  for (let i = 0; i < 5; i++) run.set(i, "done");
  run.end();
  await within(status, "the task's end");
});

test("a function's result is shown, text without quotes", async () => {
  const { run, text, status } = await start(5, { module: true });
  ["a.ts:1:2: bad", { b: 1 }, 10n, undefined, null].forEach((value, index) => run.set(index, "done", { value }));
  run.end();
  await within(status, "the task's end");
  assert.match(text(), /\n\na\.ts:1:2: bad\n\{"b":1\}\n10n\n\n5 done/);
});

test("a stack is shown with the reason, and control characters in labels are escaped", async () => {
  const { run, text, status } = await start(1, { module: true });
  const error = {
    code: errorCodes.TaskFailed,
    message: "bad",
    data: {
      type: "TypeError",
      message: "bad\x1b[2J",
      stack: "TypeError: bad\n    at f (/w/a.js:1:2)\n    at g (/w/a.js:3:4)",
    },
  };
  run.set(0, "failed", { error, attempt: 3 });
  run.end();
  await within(status, "the task's end");
  assert.match(text(), /✘ item 0: TypeError: bad\\x1b\[2J, in 3 tries\n {4}at f \(\/w\/a\.js:1:2\)\n/);
});

test("a missing program is reported once, however many items failed because of it", async () => {
  const { run, status, text } = await start(3);
  const error = { code: errorCodes.SpawnFailed, message: "spawn none ENOENT", data: { errno: "ENOENT" } };
  run.set(0, "failed", { error });
  run.set(1, "failed", { error });
  run.set(2, "cancelled");
  run.info.state = "halted";
  run.end();
  assert.equal(await within(status, "the task's end"), 1);
  assert.equal(text().split("spawn none ENOENT").length, 2);
  assert.match(text(), /2 failed, 1 not finished in .*: ended early: no item could succeed/);
});

test("children wait while the terminal is behind", async () => {
  const terminal = new FakeTerminal();
  terminal.answering = false;
  const { run, feed, status } = await start(2, {}, terminal);
  for (let i = 0; i < 4000; i++) feed.line(0, "x".repeat(1000));
  assert.ok(feed.paused);
  assert.equal(terminal.questions, 1);
  run.set(0, "done");
  run.set(1, "done");
  run.end();
  terminal.answering = true;
  terminal.answer();
  assert.equal(await within(status, "the task's end"), 0);
  assert.ok(!feed.paused);
});

test("if the run cannot start, the reason is shown, with the command line's exit code", async () => {
  for (const [error, expected] of [
    [new ItemsError("no file matches"), 2],
    [new PolyprocError("TargetNotFound", "no runtime"), 1],
    [new PolyprocError("Closed", "no server"), 69],
    [new Error("connect ENOENT"), 69],
  ] as const) {
    const terminal = new FakeTerminal();
    const { screen } = terminal;
    const prepare = () => Promise.reject(error);
    const status = await within(
      runTask(
        { runs: { start: prepare }, prepare, openFeed: prepare, screen, columns: () => 80, what: "x" },
        new AbortController().signal,
      ),
      "the task's end",
    );
    assert.equal(status, expected);
    assert.deepEqual(terminal.lines, ["x", `polyproc: ${error.message}`]);
  }
});

test("a run that is in progress already is shown with what its items wrote, and none is started", async () => {
  const terminal = new FakeTerminal();
  const run = new FakeRun(2);
  run.output = async (index) => ({ lines: [{ stream: "stdout", text: `early ${index}` }], dropped: 0 });
  run.set(0, "done");
  run.set(1, "running");
  const feed = new FakeFeed(run.info.job);
  const status = runTask(
    {
      runs: { start: () => assert.fail("a run was started") },
      resumed: run,
      prepare: () => assert.fail("the items were looked for"),
      openFeed: async () => feed,
      screen: terminal.screen,
      columns: () => 80,
      what: "check {item}",
    },
    new AbortController().signal,
  );
  await within(run.followed, "the task to follow its run");
  feed.line(1, "late 1");
  run.set(1, "done");
  run.end();
  assert.equal(await within(status, "the task's end"), 0);
  const text = terminal.lines.join("\n");
  for (const line of ["early 0", "early 1", "late 1"]) assert.equal(text.split(line).length, 2, line);
});
