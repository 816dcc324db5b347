import assert from "node:assert/strict";
import { test } from "node:test";
import { AsyncResult, fail, succeed } from "../../../../bindings/typescript/pools/result.js";

const nothing = () => {};

test("get returns the value to all waiting callers, and to later ones", async () => {
  const result = new AsyncResult<number>(nothing);
  const waiting = [result.get(), result.get(1000), result];
  assert.equal(result.ready(), false);
  succeed(result, 42);
  assert.deepEqual(await Promise.all(waiting), [42, 42, 42]);
  assert.equal(await result.get(0), 42);
  assert.equal(result.ready(), true);
  assert.equal(result.successful(), true);
});

test("get rejects with the failure, wait does not", async () => {
  const result = new AsyncResult<number>(nothing);
  const error = new Error("no");
  fail(result, error);
  await result.wait();
  await assert.rejects(result.get(), error);
  await assert.rejects(Promise.resolve(result), error);
  assert.equal(result.successful(), false);
});

test("get rejects with TimedOut when there is no result in time, and can be asked again", async () => {
  const result = new AsyncResult<string>(nothing);
  await assert.rejects(result.get(0), { name: "TimedOut" });
  await assert.rejects(result.get(1), { name: "TimedOut", message: "there was no result after 1 ms" });
  await result.wait(1);
  assert.equal(result.ready(), false);
  succeed(result, "late");
  assert.equal(await result.get(), "late");
});

test("successful fails before the result is there", () => {
  assert.throws(() => new AsyncResult(nothing).successful(), { name: "BadState" });
});

test("only the first outcome counts", async () => {
  const result = new AsyncResult<number>(nothing);
  succeed(result, 1);
  fail(result, new Error("late"));
  assert.equal(await result.get(), 1);
});

test("the callback gets the value, the error callback the error, before waiting callers", async () => {
  const calls: unknown[] = [];
  const listeners = {
    callback: (value: number) => calls.push(value),
    errorCallback: (error: unknown) => calls.push(error),
  };
  const good = new AsyncResult<number>(nothing, listeners);
  const bad = new AsyncResult<number>(nothing, listeners);
  const waited = good.get().then(() => calls.push("waited"));
  succeed(good, 1);
  fail(bad, "error");
  await waited;
  assert.deepEqual(calls, [1, "error", "waited"]);
});

test("cancel asks only while there is no result", () => {
  let cancelled = 0;
  const result = new AsyncResult<number>(() => cancelled++);
  result.cancel();
  succeed(result, 1);
  result.cancel();
  assert.equal(cancelled, 1);
});

test("a failure that the caller never asks for is not an unhandled rejection", async () => {
  let unhandled = 0;
  const count = () => unhandled++;
  process.on("unhandledRejection", count);
  fail(new AsyncResult(nothing), new Error("ignored"));
  await new Promise(setImmediate);
  process.off("unhandledRejection", count);
  assert.equal(unhandled, 0);
});
