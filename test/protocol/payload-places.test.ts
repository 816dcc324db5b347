import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import * as v from "valibot";
import * as job from "../../protocol/job.js";
import * as lock from "../../protocol/lock.js";
import { isRequest, messages } from "../../protocol/methods.js";
import { convertPayloads, paramsPlaces, placesOf, resultPlaces } from "../../protocol/payload-places.js";
import * as pool from "../../protocol/pool.js";
import * as queue from "../../protocol/queue.js";
import { payload } from "../../protocol/schema.js";

const mark = (value: unknown): unknown => ({ converted: value });

test("a message without payloads is returned unchanged", () => {
  const params = { lock: "lock:s1.1" };
  assert.equal(paramsPlaces(lock.acquire), null);
  assert.equal(convertPayloads(paramsPlaces(lock.acquire), params, mark), params);
});

test("payloads in lists are converted, in a copy", () => {
  const params = { queue: "queue:s1.1", items: [1, null], timeoutMs: 5 };
  const converted = convertPayloads(paramsPlaces(queue.put), params, mark);
  assert.deepEqual(converted, { queue: "queue:s1.1", items: [{ converted: 1 }, { converted: null }], timeoutMs: 5 });
  assert.deepEqual(params.items, [1, null]);
});

test("payloads in lists of objects are converted where they are present", () => {
  const params = {
    job: "job:s1.1",
    results: [
      { index: 0, values: [1] },
      { index: 1, error: { code: 1, message: "", data: { values: 2 } } },
    ],
  };
  assert.deepEqual(convertPayloads(paramsPlaces(job.results), params, mark), {
    job: "job:s1.1",
    results: [
      { index: 0, values: { converted: [1] } },
      { index: 1, error: { code: 1, message: "", data: { values: 2 } } },
    ],
  });
});

test("payloads in one of several alternatives are converted", () => {
  assert.deepEqual(
    convertPayloads(
      resultPlaces(pool.map),
      {
        outcomes: [
          { index: 0, ok: true, value: 7 },
          { index: 1, ok: false },
        ],
      },
      mark,
    ),
    {
      outcomes: [
        { index: 0, ok: true, value: { converted: 7 } },
        { index: 1, ok: false },
      ],
    },
  );
});

test("an optional payload that is null is the value null", () => {
  const places = placesOf(v.strictObject({ args: v.optional(payload()) }));
  assert.deepEqual(convertPayloads(places, { args: null }, mark), { args: { converted: null } });
  assert.deepEqual(convertPayloads(places, { args: undefined }, mark), { args: undefined });
  assert.deepEqual(convertPayloads(places, {}, mark), {});
});

test("a member called __proto__ stays a member", () => {
  const converted = convertPayloads(
    paramsPlaces(queue.put),
    JSON.parse(`{"__proto__": {"items": [1]}, "items": [2]}`),
    mark,
  ) as object;
  assert.equal(Object.getPrototypeOf(converted), Object.prototype);
  assert.equal(JSON.stringify(converted), `{"__proto__":{"items":[1]},"items":[{"converted":2}]}`);
});

test("values that do not fit any message's schema come back without a throw", () => {
  const places = messages.flatMap((message) => [
    paramsPlaces(message),
    ...(isRequest(message) ? [resultPlaces(message)] : []),
  ]);
  const keys = fc.constantFrom(
    "items",
    "tasks",
    "values",
    "args",
    "results",
    "outcomes",
    "value",
    "initializer",
    "item",
    "other",
  );
  const almost = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom(null, undefined, 0, "text", true),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(keys, tie("value"), { maxKeys: 4 }),
    ),
  })).value;
  fc.assert(
    fc.property(almost, (value) => {
      for (const place of places) convertPayloads(place, value, mark);
    }),
    { numRuns: 300 },
  );
});

test("alternatives that disagree on what is a payload are a fault of the declaration", () => {
  assert.throws(() => placesOf(v.union([payload(), v.array(payload())])), /disagree/);
});
