import assert from "node:assert/strict";
import { test } from "node:test";
import type { Payload } from "../../../protocol/schema.js";
import { PackedPayloads } from "../../../server/engine/packed-payloads.js";

test("every payload comes back, short or long, with its handles, and a place without one stays so", () => {
  const long = new Uint8Array(5000).fill(7);
  const given: (Payload | undefined)[] = [
    new Uint8Array([1, 2, 3]),
    undefined,
    [new Uint8Array([4]), ["lock:s1.1"]],
    long,
    new Uint8Array([5, 6]),
    [long, ["lock:s1.2"]],
  ];
  const notCopied: Payload[] = [];
  const packed = new PackedPayloads(
    given.length,
    (place) => given[place],
    (payload) => {
      notCopied.push(payload);
      return payload;
    },
  );
  assert.deepEqual(
    given.map((_, place) => packed.get(place)),
    given,
  );
  assert.deepEqual(
    [...packed],
    given.filter((payload) => payload !== undefined),
  );
  assert.deepEqual(notCopied, [given[3], given[5]]);
  assert.equal(packed.get(given.length), undefined);
});

test("none at all", () => {
  const packed = new PackedPayloads(
    0,
    () => undefined,
    (payload) => payload,
  );
  assert.deepEqual([[...packed], packed.get(0)], [[], undefined]);
});
