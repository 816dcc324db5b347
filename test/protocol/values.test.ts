import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Packr } from "msgpackr";
import { PolyprocError } from "../../protocol/errors.js";
import { payloadData, payloadHandles } from "../../protocol/schema.js";
import { jsonToPayload, payloadToJson } from "../../protocol/values.js";
import { jsonForm } from "./values.arbitrary.js";

// Its types do not know this choice: bigint where a number would lose digits.
const lossless = { int64AsType: "auto" } as object;
/** Another implementation of msgpack. */
const packr = new Packr({ useRecords: false, ...lossless });

test("every value survives JSON, msgpack and JSON", () => {
  fc.assert(
    fc.property(jsonForm, (value) => {
      const sent: unknown = JSON.parse(JSON.stringify(value));
      assert.deepEqual(payloadToJson(jsonToPayload(sent)), value);
    }),
    { numRuns: 1000 },
  );
});

test("every value survives msgpack, JSON and msgpack, as another implementation sees it", () => {
  const native = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.constant(null),
      fc.boolean(),
      fc.integer(),
      fc.maxSafeInteger(),
      fc.double(),
      fc.string({ unit: "binary" }),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
      fc.uint8Array({ maxLength: 50 }).map((data) => Buffer.from(data)),
      fc.date({ noInvalidDate: true }),
      fc.array(tie("value"), { maxLength: 20 }),
      fc
        .array(fc.tuple(fc.string({ unit: "binary", maxLength: 10 }), tie("value")), { maxLength: 20 })
        // msgpackr itself renames this key when it reads.
        .map((entries) => Object.fromEntries(entries.filter(([key]) => key !== "__proto__"))),
    ),
  })).value;
  fc.assert(
    fc.property(native, (value) => {
      const bytes = packr.pack(value);
      const again = jsonToPayload(JSON.parse(JSON.stringify(payloadToJson(bytes))));
      assert.deepEqual(packr.unpack(Buffer.from(payloadData(again))), packr.unpack(bytes));
    }),
    { numRuns: 1000 },
  );
});

test("random bytes are a value that survives, or fail with Malformed and nothing else", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), survivesOrIsMalformed), { numRuns: 3000 });
});

test("damaged values are values that survive, or fail with Malformed and nothing else", () => {
  fc.assert(
    fc.property(jsonForm, fc.nat(), fc.nat(255), fc.boolean(), (value, at, byte, cut) => {
      const data = Uint8Array.from(payloadData(jsonToPayload(value)));
      const damaged = cut ? data.subarray(0, at % data.length) : data.with(at % data.length, byte);
      survivesOrIsMalformed(damaged);
    }),
    { numRuns: 3000 },
  );
});

test("anything at all in place of JSON becomes a payload or fails with InvalidParams", () => {
  fc.assert(
    fc.property(
      fc.anything({ withBigInt: true, withDate: true, withMap: true, withSparseArray: true, withTypedArray: true }),
      (value) => {
        try {
          payloadToJson(jsonToPayload(value));
        } catch (error) {
          assert.ok(error instanceof PolyprocError && error.codeName === "InvalidParams", String(error));
        }
      },
    ),
    { numRuns: 1000 },
  );
});

test("handles inside a value are listed beside it, each once, in the order in which they occur", () => {
  const lock = { $handle: "lock:s1.4" };
  const queue = { $handle: "queue:@jobs" };
  const payload = jsonToPayload([lock, { a: queue, b: [lock] }]);
  assert.deepEqual(payloadHandles(payload), ["lock:s1.4", "queue:@jobs"]);
  assert.deepEqual(payloadToJson(payload), [lock, { a: queue, b: [lock] }]);
});

test("a value without handles is plain bytes", () => {
  assert.ok(jsonToPayload({ a: 1 }) instanceof Uint8Array);
});

test("a payload's bytes may lie anywhere in a larger buffer", () => {
  const data = payloadData(jsonToPayload([1.5, "x", { $int: "-9223372036854775808" }]));
  const larger = new Uint8Array(data.length + 10).fill(0xff);
  larger.set(data, 5);
  assert.deepEqual(payloadToJson(larger.subarray(5, 5 + data.length)), [1.5, "x", { $int: "-9223372036854775808" }]);
});

test("megabytes of bytes and of text pass", () => {
  const bytes = Buffer.alloc(8 * 1024 * 1024, "ab\u0000").toString("base64");
  const value = [{ $bytes: bytes }, "é".repeat(1024 * 1024)];
  assert.deepEqual(payloadToJson(jsonToPayload(value)), value);
});

function survivesOrIsMalformed(data: Uint8Array): void {
  let value: unknown;
  try {
    value = payloadToJson(data);
  } catch (error) {
    assert.ok(error instanceof PolyprocError && error.codeName === "Malformed", String(error));
    return;
  }
  assert.deepEqual(payloadToJson(jsonToPayload(JSON.parse(JSON.stringify(value)))), value);
}
