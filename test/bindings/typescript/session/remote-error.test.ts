import assert from "node:assert/strict";
import { test } from "node:test";
import { PolyprocError } from "../../../../protocol/errors.js";
import { taskFailed } from "../../../../bindings/typescript/host/failure.js";
import { errorOf, TaskFailed, WorkerLost } from "../../../../bindings/typescript/pools/pool-errors.js";

/** There and back, as it goes over the wire. */
function roundTrip(thrown: unknown): TaskFailed {
  const failure = JSON.parse(JSON.stringify(taskFailed(thrown))) as ReturnType<typeof taskFailed>;
  const error = errorOf({ error: failure, index: 0, pid: 7 }, null, "only");
  assert.ok(error instanceof TaskFailed);
  return error;
}

test("a built-in error comes back as its class, with message, stack, own properties and causes", () => {
  const thrown = Object.assign(new RangeError("too far", { cause: new TypeError("why") }), {
    code: "E_FAR",
    at: { x: 1 },
  });
  const { cause, message, data } = roundTrip(thrown);
  assert.ok(cause instanceof RangeError);
  assert.equal(message, "RangeError: too far");
  assert.equal(cause.message, "too far");
  assert.match(cause.stack!, /^RangeError: too far\n    at .*remote-error\.test/);
  assert.deepEqual(Object.fromEntries(Object.entries(cause)), { code: "E_FAR", at: { x: 1 } });
  assert.ok(cause.cause instanceof TypeError);
  assert.equal(data["language"], "javascript");
});

test("an error of another class keeps its name", () => {
  class Custom extends Error {}
  const { cause } = roundTrip(new Custom("own"));
  assert.ok(cause instanceof Error);
  assert.equal(cause.name, "Custom");
});

test("an error of this package arrives as one", () => {
  const { cause } = roundTrip(new PolyprocError("Empty", "the queue had no item", { queue: "q" }));
  assert.ok(cause instanceof PolyprocError);
  assert.equal(cause.codeName, "Empty");
  assert.deepEqual(cause.data, { queue: "q" });
});

test("a thrown value that is not an error is reported as that value", () => {
  assert.deepEqual(
    [undefined, null, "text", 42, { a: 1 }].map((thrown) => roundTrip(thrown).message),
    ["undefined: undefined", "null: null", "string: text", "number: 42", `object: {"a":1}`],
  );
});

test("hostile errors do not break the report", () => {
  const getter = Object.defineProperty(new Error("x"), "trap", {
    enumerable: true,
    get() {
      throw new Error("trapped");
    },
  });
  assert.equal(roundTrip(getter).cause instanceof Error, true);
  const loop = new Error("loop");
  loop.cause = loop;
  assert.equal(roundTrip(loop).message, "Error: loop");
  const self: Record<string, unknown> = {};
  self["self"] = self;
  assert.equal(roundTrip(Object.assign(new Error("cyclic"), { self })).message, "Error: cyclic");
  const huge = roundTrip(new Error("y".repeat(1_000_000)));
  assert.ok(huge.message.length < 70_000);
  assert.match(
    roundTrip(Object.assign(new Error("polluter"), JSON.parse(`{"__proto__": {"polluted": true}}`))).message,
    /polluter/,
  );
  assert.equal(({} as { polluted?: unknown }).polluted, undefined);
});

test("AggregateError comes back as one, with its errors", () => {
  const { cause } = roundTrip(new AggregateError([new TypeError("a"), "b", 5n], "both"));
  assert.ok(cause instanceof AggregateError);
  assert.equal(cause.message, "both");
  const [first, ...others] = cause.errors as unknown[];
  assert.ok(first instanceof TypeError);
  assert.deepEqual(others, ["b", 5n]);
});

test("a thrown value that is not an error is the cause", () => {
  for (const thrown of [undefined, null, "text", 42, NaN, { a: [1, new Date(0)] }, new Map([[1, new Set(["x"])]])])
    assert.deepEqual(roundTrip(thrown).cause, thrown);
});

test("properties and causes keep their types", () => {
  const when = new Date(0);
  const thrown = Object.assign(new TypeError("x", { cause: "why" }), { when, bytes: Buffer.from("ab"), by: new Map() });
  const cause = roundTrip(thrown).cause as typeof thrown;
  assert.ok(cause instanceof TypeError);
  assert.deepEqual([cause.when, cause.bytes, cause.by, cause.cause], [when, Buffer.from("ab"), new Map(), "why"]);
});

test("an error of a class that extends a built-in class comes back as that class, with its own name", () => {
  class Refused extends RangeError {}
  const { cause, message } = roundTrip(new Refused("no"));
  assert.ok(cause instanceof RangeError);
  assert.equal(cause.name, "Refused");
  assert.equal(message, "Refused: no");
});

test("a DOMException comes back as one", () => {
  const { cause } = roundTrip(new DOMException("gone", "AbortError"));
  assert.ok(cause instanceof DOMException);
  assert.deepEqual([cause.name, cause.message, cause.code], ["AbortError", "gone", 20]);
});

test("what cannot be sent of an error is left out, and the rest arrives", () => {
  const thrown = Object.assign(new TypeError("x", { cause: new RangeError("y") }), { code: "E", config: () => 1 });
  const cause = roundTrip(thrown).cause as typeof thrown;
  assert.ok(cause instanceof TypeError && cause.cause instanceof RangeError);
  assert.deepEqual([cause.code, "config" in cause], ["E", false]);
});

test("a lost worker's error has its post-mortem as properties", () => {
  const failure = {
    code: 1013,
    message: "worker 7 was killed",
    data: { pid: 7, exitCode: null, signal: "SIGKILL", stderr: "last words" },
  };
  const error = errorOf({ error: failure, index: 0, pid: 7 }, null, "only");
  assert.ok(error instanceof WorkerLost);
  assert.deepEqual([error.pid, error.exitCode, error.signal, error.stderr], [7, null, "SIGKILL", "last words"]);
});
