import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Lock, Pool, Process, Queue, TaskFailed, WorkerLost } from "../../../bindings/typescript/index.js";
import { root } from "../../fixture.js";
import { runPython } from "./run-python.js";
import { needs } from "../../tools/needs.js";
import { printed } from "../../examples/run-example.js";

const fixtures = join(root, "test", "bindings", "python", "fixtures");
const python = (name: string) => ({ module: join(fixtures, "functions.py"), export: name });
const node = (name: string) => ({ module: join(fixtures, "functions.mjs"), export: name });

describe("Node calls Python", needs("python3"), () => {
  it("maps a function over a list, and values arrive as the other language's types", async () => {
    await using pool = new Pool(2);
    assert.deepEqual(await pool.map(python("square"), [1, 2, 3]), [1, 4, 9]);
    const values = [null, true, 7, 1.5, "text", [1, "two"], { key: [1] }];
    assert.deepEqual(
      (await pool.map(python("describe"), values)).map((one) => (one as { type: string }).type),
      ["NoneType", "bool", "int", "float", "str", "list", "dict"],
    );
    assert.deepEqual(
      (await pool.map(python("describe"), values)).map((one) => (one as { value: unknown }).value),
      values,
    );
    assert.equal(await pool.apply(python("add"), [1], { kwargs: { b: 2 } }), 3);
    assert.equal(await pool.apply(python("Greeter"), ["Ada"]), "hello Ada");
  });

  it("a bigint is Python's int, which comes back as a number, or beyond safe integers as a bigint", async () => {
    await using pool = new Pool(1);
    const given = [5n, -1n, 0n, 2n ** 60n, 2n ** 70n, -(2n ** 70n)];
    const got = (await pool.map(python("describe"), given)) as { type: string; value: unknown }[];
    assert.ok(got.every(({ type }) => type === "int"));
    assert.deepEqual(
      got.map(({ value }) => value),
      [5, -1, 0, ...given.slice(3)],
    );
    assert.deepEqual(await pool.map(python("square"), [2n ** 40n, 2n ** 3000n]), [2n ** 80n, 2n ** 6000n]);
  });

  it("reports what a function raised, with its traceback", async () => {
    await using pool = new Pool(1);
    await assert.rejects(pool.apply(python("fail"), ["because"]), (error: unknown) => {
      assert.ok(error instanceof TaskFailed);
      assert.match(error.message, /ValueError: because/);
      assert.equal(error.data["language"], "python");
      assert.match(String(error.data["stack"]), /functions\.py", line \d+, in fail/);
      return true;
    });
    await assert.rejects(pool.apply(python("absent")), /has no 'absent'; it has Greeter, add/);
  });

  it("loses only the task whose worker dies", async () => {
    await using pool = new Pool(1);
    await assert.rejects(pool.apply(python("end"), [3]), WorkerLost);
    assert.equal(await pool.apply(python("square"), [5]), 25);
  });

  it("runs processes, whose exit code says how they ended", async () => {
    const fine = new Process({ target: python("square"), args: [2] });
    const failing = new Process({ target: python("fail"), args: ["because"] });
    await Promise.all([fine.start(), failing.start()]);
    await Promise.all([fine.join(), failing.join()]);
    assert.deepEqual([fine.exitCode, failing.exitCode], [0, 1]);
  });

  it("shares a lock and a queue between both languages in one pool", async () => {
    await using pool = new Pool(2);
    const lock = new Lock();
    const queue = new Queue<number>();
    await queue.put(0);
    const done = await Promise.all([
      pool.apply(python("count_with"), [lock, queue, 20]),
      pool.apply(node("countWith"), [lock, queue, 20]),
    ]);
    assert.deepEqual([...done, await queue.get()], [20, 20, 40]);
  });
});

describe("Python calls Node", needs("python3"), () => {
  it("in one pool with functions of its own, with shared locks and queues", async () => {
    const lines = await printed(runPython([join(fixtures, "calls_node.py")]));
    assert.deepEqual(lines, [
      "[0, 1, 4, 9, 16]",
      "['a-1', 'b-null']",
      "2.25 144",
      "[49, 64]",
      "RangeError: no such luck javascript",
      "[20, 20] 40",
      "2",
      // What a command writes is also copied to the program's own output.
      "out",
      "out",
    ]);
  });
});
