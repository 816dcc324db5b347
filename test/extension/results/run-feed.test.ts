import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import type { ToPage } from "../../../extension/results/messages.js";
import { RunFeed } from "../../../extension/results/run-feed.js";
import { waitFor } from "../../deadline.js";
import { FakeRun } from "./fake-run.js";

type Rows = Extract<ToPage, { type: "rows" }>["rows"];

function feed(t: TestContext, run: FakeRun, send?: (message: ToPage) => Promise<unknown>) {
  const sent: ToPage[] = [];
  const faults: unknown[] = [];
  const made = new RunFeed(run, send ?? ((message) => Promise.resolve(sent.push(message))), (error) =>
    faults.push(error),
  );
  t.after(() => made.dispose());
  const rows = (): Rows => sent.flatMap((message) => (message.type === "rows" ? message.rows : []));
  const last = <T extends ToPage["type"]>(type: T) =>
    sent.findLast((message): message is Extract<ToPage, { type: T }> => message.type === type);
  return { feed: made, sent, faults, rows, last };
}

/** A page that takes each message when the test calls `done`. */
function slowPage(t: TestContext) {
  const run = new FakeRun(1);
  const held: { message: ToPage; done(): void }[] = [];
  feed(t, run, (message) => new Promise<void>((resolve) => held.push({ message, done: resolve })));
  return { run, held, next: async () => (await waitFor(() => held.shift()))! };
}

describe("a feed", () => {
  test("sends the run first, then every row, a thousand at a time", async (t) => {
    const { sent, rows } = feed(t, new FakeRun(2500));
    await waitFor(() => rows().length === 2500);
    assert.equal(sent[0]!.type, "run");
    assert.deepEqual(
      sent.flatMap((message) => (message.type === "rows" ? [message.rows.length] : [])),
      [1000, 1000, 500],
    );
    assert.deepEqual(
      rows().map(({ index }) => index),
      Array.from({ length: 2500 }, (_, i) => i),
    );
  });

  test("sends only changed rows, each once for many changes", async (t) => {
    const run = new FakeRun(50);
    const { sent, rows } = feed(t, run);
    await waitFor(() => rows().length === 50);
    sent.length = 0;
    for (let i = 0; i < 20; i++) run.change(7, { state: "running", ms: i });
    run.change(9, { state: "done", ms: 3, value: { words: 3 } });
    await waitFor(() => rows().length > 0);
    assert.deepEqual(
      rows().map(({ index, ms, preview }) => [index, ms, preview]),
      [
        [7, 19, ""],
        [9, 3, '{"words":3}'],
      ],
    );
    assert.equal(sent.filter(({ type }) => type === "rows").length, 1);
  });

  test("waits for a slow page, then sends the latest state", async (t) => {
    const { run, next, held } = slowPage(t);
    (await next()).done();
    const slow = await next();
    for (let i = 1; i <= 100; i++) run.change(0, { state: "running", ms: i });
    assert.equal(held.length, 0);
    slow.done();
    const again = await next();
    assert.equal(again.message.type, "run");
    again.done();
    const { message } = await next();
    assert.ok(message.type === "rows" && message.rows[0]!.ms === 100);
  });

  test("sends the end of the run, also when no row changed", async (t) => {
    const run = new FakeRun(1);
    const { last, rows } = feed(t, run);
    await waitFor(() => rows().length === 1);
    run.end({ state: "cancelled", endedAt: 2000 });
    await waitFor(() => last("run")?.run.state === "cancelled");
    assert.equal(last("run")!.run.endedAt, 2000);
  });

  test("sends the end of a run that ends while a slow page gets its last rows", async (t) => {
    const { run, next } = slowPage(t);
    (await next()).done();
    const rows = await next();
    assert.equal(rows.message.type, "rows");
    run.end({ state: "done", endedAt: 2000 });
    rows.done();
    const { message } = await next();
    assert.ok(message.type === "run" && message.run.endedAt === 2000);
  });

  test("sends details of the shown row, and again when it changes", async (t) => {
    const run = new FakeRun(3);
    const { feed: made, sent, last } = feed(t, run);
    made.look(1);
    assert.equal((await waitFor(() => last("detail"))).detail.item.text, '{\n  "n": 1\n}');
    assert.equal(last("detail")!.detail.value, null);
    run.change(1, { state: "done", value: [1] });
    assert.equal((await waitFor(() => last("detail")?.detail.value)).text, "[\n  1\n]");
    sent.length = 0;
    run.change(2, { state: "done", value: 2 });
    made.look(null);
    run.change(1, { state: "done", value: 3 });
    await waitFor(() => last("rows"));
    assert.equal(last("detail"), undefined);
  });

  test("follows the output of the shown row and its chunk, each line once", async (t) => {
    const run = new FakeRun(10, { options: { chunkSize: 4 } });
    const { feed: made, last } = feed(t, run);
    run.write(4, "before");
    made.look(6);
    await waitFor(() => last("output")?.lines.length === 1);
    run.write(4, "after");
    await waitFor(() => last("output")?.lines.length === 2);
    assert.deepEqual(last("output"), {
      type: "output",
      index: 6,
      lines: [
        { stream: "stdout", text: "before" },
        { stream: "stdout", text: "after" },
      ],
      dropped: 0,
    });
    const asked = run.asked.length;
    run.write(1, "of another chunk");
    run.write(8, "of another chunk");
    made.look(2);
    await waitFor(() => run.asked.length > asked);
    assert.deepEqual(run.asked.slice(asked), [2]);
  });

  test("requests output a few times a second, however much is written", async (t) => {
    const run = new FakeRun(1);
    const { feed: made, last } = feed(t, run);
    made.look(0);
    await waitFor(() => last("output"));
    for (let i = 0; i < 5000; i++) run.write(0, `line ${i}`);
    await waitFor(() => last("output")?.lines.length === 5000);
    assert.equal(run.asked.length, 2);
  });

  test("does not keep its run alive", async (t) => {
    const run = new FakeRun(1);
    const { feed: made, rows } = feed(t, run);
    await waitFor(() => rows().length === 1);
    made.dispose();
    assert.equal(run.listeners, 0);
  });

  test("reports a fault, and goes on", async (t) => {
    const run = new FakeRun(1);
    run.output = () => Promise.reject(new Error("no output"));
    const { feed: made, faults, last } = feed(t, run);
    made.look(0);
    await waitFor(() => faults.length === 1);
    run.change(0, { state: "running" });
    await waitFor(() => last("rows")?.rows[0]!.state === "running");
  });
});
