import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { jsonText } from "../../../../bindings/typescript/runs/json-text.js";

const whole = { limit: 1_000_000, indent: 0 };

describe("jsonText", () => {
  test("writes what JSON.stringify would, on one line or many", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, indent) => {
        // JSON has no negative zero.
        assert.equal(jsonText(value, { limit: 1e9, indent }).text, JSON.stringify(value, null, indent));
      }),
    );
  });

  test("shows values that JSON lacks", () => {
    const value = {
      nan: Number.NaN,
      big: 2n ** 70n,
      bytes: Buffer.from("hi"),
      when: new Date(0),
      map: new Map([["a", 1]]),
      pairs: new Map([[1, 2]]),
      set: new Set([1]),
      floats: new Float64Array([1.5]),
      gone: undefined,
    };
    assert.deepEqual(JSON.parse(jsonText(value, whole).text), {
      nan: { $float: "NaN" },
      big: { $int: "1180591620717411303424" },
      bytes: { $bytes: "aGk=" },
      when: "1970-01-01T00:00:00.000Z",
      map: { a: 1 },
      pairs: [[1, 2]],
      set: [1],
      floats: [1.5],
    });
  });

  test("shows an error's type, message, stack and members", () => {
    const error = Object.assign(new RangeError("too far"), { by: 3 });
    const told = JSON.parse(jsonText(error, whole).text) as Record<string, unknown>;
    assert.equal(told["type"], "RangeError");
    assert.equal(told["message"], "too far");
    assert.equal(told["by"], 3);
    assert.match(String(told["stack"]), /json-text\.test/);
  });

  test("cuts at its limit, and says so", () => {
    assert.deepEqual(jsonText("abcdef", { limit: 8, indent: 0 }), { text: '"abcdef"', cut: false });
    assert.deepEqual(jsonText("abcdefg", { limit: 8, indent: 0 }), { text: '"abcdefg', cut: true });
    assert.deepEqual(jsonText([1, 2, 3], { limit: 4, indent: 0 }), { text: "[1,2", cut: true });
  });

  test("does not look beyond its limit", () => {
    let read = 0;
    const values = Array.from({ length: 1000 }, () =>
      Object.defineProperty({}, "x", { enumerable: true, get: () => ++read }),
    );
    assert.equal(jsonText(values, { limit: 50, indent: 0 }).text.length, 50);
    assert.ok(read < 10, `${read} were read`);
    // Escaped, this would be six times as long.
    assert.equal(jsonText("\u0001".repeat(10_000_000), { limit: 200, indent: 0 }).text.length, 200);
    assert.equal(jsonText(new Uint8Array(100_000_000), { limit: 200, indent: 0 }).text.length, 200);
  });

  test("stops at its depth limit", () => {
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    assert.match(jsonText(deep, whole).text, /^\[{512}"…"\]{512}$/);
    const circular: Record<string, unknown> = {};
    circular["self"] = circular;
    assert.match(jsonText(circular, whole).text, /"…"/);
  });
});
