import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { payloadData, payloadHandles, type Payload } from "../../../protocol/schema.js";
import { jsonToPayload, payloadToJson } from "../../../protocol/values.js";
import { ItemReader, itemsOf, listOf, listOfAll } from "../../../server/engine/payload-list.js";

const payload = (value: unknown): Payload => jsonToPayload(value);

test("a list is split where its items end, for all forms of values", () => {
  const plain = fc.jsonValue({ maxDepth: 4 }).filter((value) => !JSON.stringify(value).includes('"$'));
  fc.assert(
    fc.property(fc.array(plain, { maxLength: 70 }), (values) => {
      const payloads = values.map((value) => payload({ value }));
      const items = itemsOf(listOfAll(payloads), values.length);
      assert.deepEqual(
        items.map((item) => Buffer.from(payloadData(item))),
        payloads.map((item) => Buffer.from(payloadData(item))),
      );
    }),
  );
});

test("the end of every form of value is found", () => {
  const values = [
    null,
    true,
    0,
    127,
    128,
    70_000,
    2 ** 40,
    -1,
    -100,
    -1000,
    -100_000,
    -(2 ** 40),
    { $float: "1" },
    1.5,
    { $int: "9007199254740993" },
    "",
    "x".repeat(40),
    "x".repeat(300),
    "x".repeat(70_000),
    { $bytes: "aGk=" },
    { $bytes: Buffer.alloc(300).toString("base64") },
    { $bytes: Buffer.alloc(70_000).toString("base64") },
    { $timestamp: "2026-01-31T12:00:00Z" },
    { $timestamp: "2026-01-31T12:00:00.5Z" },
    { $blob: { tag: "python/pickle", data: Buffer.alloc(300).toString("base64") } },
    [],
    Array(20).fill(1),
    Array(70_000).fill(1),
    {},
    Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`k${i}`, i])),
  ];
  const items = itemsOf(payload(values), values.length);
  assert.deepEqual(
    items.map((item) => payloadToJson(item)),
    payloadToJson(payload(values)),
  );
  for (const value of values)
    assert.deepEqual(payloadToJson(itemsOf(listOf(payload(value)), 1)[0]!), payloadToJson(payload(value)));
});

test("each item keeps its handles; a handle that is not found stays with every blob, which may contain it", () => {
  const lock = { $handle: "lock:s1.1" };
  const list = payload([lock, 1, [lock, { $handle: "queue:s1.2" }]]);
  assert.deepEqual(
    itemsOf(list, 3).map((item) => payloadHandles(item)),
    [["lock:s1.1"], [], ["lock:s1.1", "queue:s1.2"]],
  );
  const blob = { $blob: { tag: "python/pickle", data: "gASVAA==" } };
  const [data] = [payloadData(payload([blob, 1, lock]))];
  assert.deepEqual(
    itemsOf([data, ["lock:s1.1", "event:s1.3"]], 3).map((item) => payloadHandles(item)),
    [["event:s1.3"], [], ["lock:s1.1"]],
  );
});

test("a payload that is no list, is truncated, or has another length is refused", () => {
  const list = payloadData(payload([1, "two", { three: [3, 3.5] }]));
  for (let end = 0; end < list.length; end++)
    assert.throws(() => itemsOf(list.subarray(0, end), 3), { codeName: "Malformed" });
  assert.throws(() => itemsOf(payload({ a: 1 }), 1), { codeName: "Malformed" });
  assert.throws(() => itemsOf(list, 2), { codeName: "Malformed" });
  // A length of 4 GiB, and a count of as many items.
  assert.throws(() => itemsOf(new Uint8Array([0x92, 0xdb, 0xff, 0xff, 0xff, 0xff, 1]), 2), { codeName: "Malformed" });
  assert.throws(() => itemsOf(new Uint8Array([0x92, 0xdd, 0xff, 0xff, 0xff, 0xff, 1]), 2), { codeName: "Malformed" });
});

test("items are read one by one, in any order, without decoding the others", () => {
  // [1, "ab", [1, 2]]
  const reader = new ItemReader(new Uint8Array([0x93, 0x01, 0xa2, 0x61, 0x62, 0x92, 0x01, 0x02]));
  const expected = [[0x01], [0xa2, 0x61, 0x62], [0x92, 0x01, 0x02]];
  for (const number of [0, 1, 2, 1, 2, 0]) assert.deepEqual([...reader.item(number)], expected[number]);
  assert.throws(() => reader.item(3), { codeName: "Malformed" });
});
