import assert from "node:assert/strict";
import { test } from "node:test";
import { parseHalt } from "../../protocol/halt.js";

test("a halt says when, and at which failure", () => {
  assert.deepEqual(parseHalt("never"), { when: "never" });
  assert.deepEqual(parseHalt("now"), { when: "now", failures: 1 });
  assert.deepEqual(parseHalt("soon,fail=12"), { when: "soon", failures: 12 });
});

test("anything else is no halt", () => {
  for (const text of ["", "later", "now,fail=0", "now,fail=", "soon,fail=1.5", "soon,fail=10%", "never,fail=1"])
    assert.equal(parseHalt(text), undefined, text);
});
