import assert from "node:assert/strict";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { decode, encode, OpaqueBlob } from "../../../../bindings/typescript/session/codec.js";
import { msgpackToJson } from "../../../../protocol/msgpack-to-json.js";
import { payloadData } from "../../../../protocol/payload.js";

function there(value: unknown): unknown {
  return decode(encode(value), null);
}

/** Text that UTF-8 can hold. */
const text = fc.string({ unit: "binary" });
const scalar = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: false }),
  text,
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 80n }),
  fc.bigInt({ min: -(2n ** 80n), max: -(2n ** 53n) }),
  fc.date({ noInvalidDate: true }),
);
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    scalar,
    fc.array(tie("value"), { maxLength: 20 }),
    fc.dictionary(text, tie("value"), { maxKeys: 20, noNullPrototype: true }),
    fc.array(fc.tuple(tie("value"), tie("value")), { maxLength: 5 }).map((entries) => new Map(entries)),
    fc.array(tie("value"), { maxLength: 5 }).map((members) => new Set(members)),
  ),
})).value;

test("every value comes back as it was", () => {
  fc.assert(
    fc.property(value, (given) => assert.deepEqual(there(given), given)),
    { numRuns: 500 },
  );
});

test("the server reads the same value that was encoded", () => {
  const plain = fc.letrec((tie) => ({
    value: fc.oneof(
      fc.constant(null),
      fc.boolean(),
      fc.maxSafeInteger(),
      text,
      fc.array(tie("value")),
      fc.dictionary(
        text.filter((key) => !key.startsWith("$")),
        tie("value"),
        { noNullPrototype: true },
      ),
    ),
  })).value;
  fc.assert(
    fc.property(plain, (given) =>
      assert.deepEqual(msgpackToJson(payloadData(encode(given))), JSON.parse(JSON.stringify(given))),
    ),
    { numRuns: 300 },
  );
});

test("numbers at the edges of every msgpack form survive", () => {
  for (const bits of [5, 7, 8, 15, 16, 31, 32, 52, 53]) {
    for (const off of [-1, 0, 1]) {
      for (const number of [2 ** bits + off, -(2 ** bits) + off]) assert.deepEqual(there(number), number);
    }
  }
  for (const number of [-0, NaN, Infinity, -Infinity, Number.MIN_VALUE, Number.MAX_VALUE, 1.5])
    assert.ok(Object.is(there(number), number), String(number));
});

test("integers are integers for other languages, also beyond 32 bits", () => {
  assert.deepEqual(msgpackToJson(payloadData(encode([2 ** 40, -(2 ** 40), 2n ** 63n]))), [
    2 ** 40,
    -(2 ** 40),
    { $int: "9223372036854775808" },
  ]);
});

test("a bigint stays one, whatever its size", () => {
  const powers = [7n, 8n, 15n, 31n, 47n, 48n, 53n, 63n, 64n, 100n, 8190n, 20_000n].map((bits) => 2n ** bits);
  for (const value of [0n, 1n, 5n, ...powers].flatMap((one) => [one - 1n, one, one + 1n, -one - 1n, -one, 1n - one]))
    assert.strictEqual(there(value), value);
});

test("undefined is null in lists, and leaves no member", () => {
  assert.deepEqual(there([undefined, 1]), [null, 1]);
  assert.deepEqual(there({ a: undefined, b: 1, c: undefined }), { b: 1 });
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`key${i}`, i % 2 ? undefined : i]));
  assert.deepEqual(there(many), JSON.parse(JSON.stringify(many)));
});

test("values that only JavaScript has arrive unchanged", () => {
  const given = {
    pattern: /a+/giu,
    floats: new Float64Array([1.5, -0]),
    words: new Uint16Array([1, 65535]),
    buffer: new Uint8Array([1, 2]).buffer,
    big: 2n ** 100n,
  };
  assert.deepEqual(there(given), given);
});

test("values of another context are what they are there", () => {
  const given = runInNewContext(
    "const values = [new Map([[1, new Date(5)]]), new Set([1n]), new Uint8Array([7]), { a: [/x/g] }];" +
      "({ values, promise: Promise.resolve(1), inside: new Map([[1, new Set([() => {}])]]) })",
  ) as { values: unknown[]; promise: unknown; inside: unknown };
  assert.deepEqual(there(given.values), [new Map([[1, new Date(5)]]), new Set([1n]), Buffer.from([7]), { a: [/x/g] }]);
  assert.throws(() => encode(given.promise), /is a Promise: await it first/);
  assert.throws(() => encode(given.inside), /get\(1\)\.\(a member\) is the function/);
});

test("errors come back with class, message, stack, cause and their own properties", () => {
  const given = Object.assign(new RangeError("too far", { cause: new Error("the reason") }), {
    code: "E_FAR",
    at: [1, 2],
  });
  const error = there(given) as RangeError & { code: string; at: number[] };
  assert.ok(error instanceof RangeError);
  assert.equal(error.message, "too far");
  assert.match(error.stack!, /^RangeError: too far\n    at .*codec\.test/);
  assert.equal((error.cause as Error).message, "the reason");
  assert.equal(error.code, "E_FAR");
  assert.deepEqual(error.at, [1, 2]);
  class OwnError extends Error {
    override name = "OwnError";
  }
  const own = there(new OwnError("mine")) as Error;
  assert.ok(own instanceof Error);
  assert.equal(own.name, "OwnError");
});

test("an instance becomes the result of its toJSON, otherwise its own members", () => {
  class Point {
    x = 1;
    y = 2;
    length(): number {
      return Math.hypot(this.x, this.y);
    }
  }
  assert.deepEqual(there(new Point()), { x: 1, y: 2 });
  assert.equal(there(new URL("https://example.org/")), "https://example.org/");
});

test("a member called __proto__ is a member", () => {
  const given = JSON.parse('{"__proto__": {"polluted": true}}') as object;
  const back = there(given) as object;
  assert.deepEqual(Object.keys(back), ["__proto__"]);
  assert.equal(Object.getPrototypeOf(back), Object.prototype);
});

test("a value of another language passes through unchanged", () => {
  const blob = new OpaqueBlob("python/pickle", Buffer.from([128, 4, 75, 1, 46]));
  const bytes = payloadData(encode({ blob }));
  const back = decode(bytes, null) as { blob: OpaqueBlob };
  assert.ok(back.blob instanceof OpaqueBlob);
  assert.deepEqual(payloadData(encode(back)), bytes);
});

test("decoded bytes stay as they are when their message's buffer is used again", () => {
  const message = Buffer.concat([Buffer.alloc(1000), payloadData(encode(Buffer.from("keep")))]);
  const kept = decode(message.subarray(1000), null) as Buffer;
  message.fill(0);
  assert.equal(kept.toString(), "keep");
});

test("payloads that were made before are not overwritten by later ones", () => {
  const first = encode("first");
  for (let i = 0; i < 10_000; i++) encode(`later ${i}`);
  assert.equal(decode(first, null), "first");
});

test("values of every form survive wherever a block of the encoder's memory ends", () => {
  const forms = [
    new Map([["a", 1]]),
    new Set([1]),
    new Error("e"),
    2n ** 70n,
    /x/,
    2 ** 40,
    1.5,
    70_000,
    -70_000,
    300,
    -300,
    "\u00e9",
    "e".repeat(35),
    new Date(1),
    new Date(1.5e12 + 1),
    new Date(-1),
    Buffer.from("bytes"),
    { a: undefined, b: [1, { c: undefined }] },
    Array.from({ length: 20 }, (_, i) => i),
    new OpaqueBlob("t", Buffer.from("d")),
  ];
  const expected = forms.map((form) => there(form));
  for (let length = 32_000; length < 33_000; length++) {
    const padding = "x".repeat(length);
    for (const [i, form] of forms.entries())
      assert.deepEqual((there([padding, form, "end"]) as unknown[]).slice(1), [expected[i], "end"]);
  }
});

test("a value that cannot be sent is named with its place", () => {
  const cyclic: { list: unknown[] } = { list: [] };
  cyclic.list.push(cyclic);
  const cases: [unknown, RegExp][] = [
    [() => 1, /the value itself is the function/],
    [{ options: { filters: [1, function keep() {}] } }, /options\.filters\[1\] is the function keep/],
    [{ "a-b": Symbol("s") }, /\["a-b"\] is Symbol\(s\)/],
    [[Promise.resolve(1)], /\[0\] is a Promise: await it/],
    [cyclic, /list\[0\] is part of itself/],
    [new Map([["key", () => 1]]), /get\(key\) is the function/],
    [{ at: new Date(NaN) }, /at is an invalid Date/],
    [{ weak: new WeakMap() }, /weak is a WeakMap/],
    [(function* () {})(), /the value itself is a Generator: it stays in its process; send what it yields/],
    [[(async function* () {})()], /\[0\] is an AsyncGenerator/],
    [{ keys: new Map().keys() }, /keys is a Map Iterator/],
    [{ body: new Blob(["lost"]) }, /body is a Blob, which cannot be copied/],
    [{ query: new URLSearchParams("a=1") }, /query is an? URLSearchParams/],
    [{ shared: new SharedArrayBuffer(1) }, /shared is a SharedArrayBuffer/],
    [Object.assign(Promise.resolve(1), { pid: 1 }), /the value itself is a Promise/],
  ];
  for (const [given, expected] of cases) {
    assert.throws(
      () => encode(given),
      (error) => error instanceof TypeError && expected.test(error.message),
      String(expected),
    );
  }
  assert.deepEqual(there("still works"), "still works");
});

test("a typed array has memory of its own, not a part of the message", () => {
  const views = [new Float32Array([1.5]), new DataView(new ArrayBuffer(2), 1), new Uint16Array([1, 2]).subarray(1)];
  for (const view of views) {
    const [, copy] = there(["padding", view]) as [string, typeof view];
    assert.deepEqual(copy, view.constructor === DataView ? new DataView(new ArrayBuffer(1)) : view);
    assert.equal(copy.byteOffset, 0);
    assert.equal(copy.buffer.byteLength, view.byteLength);
  }
});

test("an error without a stack does not get one of this package", () => {
  const error = new TypeError("quiet");
  (error as { stack: unknown }).stack = undefined;
  assert.equal((there(error) as Error).stack, "TypeError: quiet");
});

test("nesting survives up to 512 and is refused beyond", () => {
  const nested = (depth: number): unknown => Array.from({ length: depth - 1 }).reduce((inner) => [inner], []);
  assert.deepEqual(there(nested(512)), nested(512));
  assert.throws(() => encode(nested(513)), /deeper than 512/);
  assert.throws(() => encode(nested(100_000)), TypeError);
});

test("an object that occurs twice, but not in itself, is sent twice", () => {
  const shared = { a: 1 };
  assert.deepEqual(there([shared, shared]), [shared, shared]);
});

test("a getter that throws fails with its own error", () => {
  const trap = {
    get bad() {
      throw new RangeError("from the getter");
    },
  };
  assert.throws(
    () => encode(trap),
    (error) => error instanceof Error && /from the getter|cannot send/.test(error.message),
  );
});

test("hostile payloads fail with Malformed and never with anything else", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        decode(bytes, null);
      } catch (error) {
        assert.equal((error as { codeName?: string }).codeName, "Malformed", String(error));
      }
    }),
    { numRuns: 3000 },
  );
});
