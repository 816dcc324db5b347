import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fromBase64, toBase64 } from "../../protocol/base64.js";

test("base64 is the same as Node's, in both directions", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (data) => {
      const text = Buffer.from(data).toString("base64");
      assert.equal(toBase64(data), text);
      assert.deepEqual(fromBase64(text), data);
      assert.deepEqual(fromBase64(text.replace(/=+$/, "")), data);
    }),
  );
});

test("base64 around the sizes at which it is written in pieces", () => {
  for (const length of [6142, 6143, 6144, 6145, 12287, 12288, 12289, 1_000_000]) {
    const data = Uint8Array.from({ length }, (_, i) => (i * 131) & 0xff);
    assert.equal(toBase64(data), Buffer.from(data).toString("base64"));
    assert.deepEqual(fromBase64(toBase64(data)), data);
  }
});

test("text that is not base64 gives undefined", () => {
  for (const text of ["=", "A", "A===", "AA=A", "AA==AA==", "AA-_", "A A=", "ÄÄÄÄ", "AA\n="])
    assert.equal(fromBase64(text), undefined, JSON.stringify(text));
});
