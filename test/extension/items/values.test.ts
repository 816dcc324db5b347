import assert from "node:assert/strict";
import { test } from "node:test";
import { findJsonError } from "../../../extension/items/json-error.js";
import { parseValues, valueItems } from "../../../extension/items/values.js";

test("an array of any JSON values is read", () => {
  assert.deepEqual(parseValues(' [1, "a", {"b": [null, true]}, -2.5e3] '), [1, "a", { b: [null, true] }, -2500]);
  assert.deepEqual(parseValues("[]"), []);
});

test("the error for invalid JSON has its position", () => {
  const faults: [string, RegExp][] = [
    ["", /^the text ends, but a value is missing, at column 1$/],
    ["[1, 2", /^the text ends, but "," or "]" is missing, at column 6$/],
    ["[1, 2,]", /^expected a value, found "]", at column 7$/],
    ["[1 2]", /^expected "," or "]", found "2", at column 4$/],
    ['[\n  "a",\n  b\n]', /^expected a value, found "b", at line 3, column 3$/],
    ["['a']", /^texts are written in double quotes: "…", at column 2$/],
    ['["a]', /^this string has no closing quote, or contains a character that must be escaped, at column 2$/],
    ['["a\tb"]', /must be escaped, at column 2$/],
    ["[{a: 1}]", /^expected a name in double quotes, found "a", at column 3$/],
    ['[{"a" 1}]', /^expected ":", found "1", at column 7$/],
    ['[{"a": 1,}]', /^expected a name in double quotes, found "}", at column 10$/],
    ['["a" "b"]', /^expected "," or "]", found a text, at column 6$/],
    ["[1] x", /^expected nothing more, found "x", at column 5$/],
    ["[01]", /^expected "," or "]", found "1", at column 3$/],
    ["[NaN]", /^expected a value, found "NaN", at column 2$/],
    ["[1]]", /^expected nothing more, found "]", at column 4$/],
  ];
  for (const [text, message] of faults) assert.throws(() => parseValues(text), { name: "ItemsError", message }, text);
});

test("JSON that is no array is refused", () => {
  for (const [text, kind] of [
    ["3", "a number"],
    ["{}", "an object"],
    ["null", "null"],
    ['"a"', "a string"],
  ] as const) {
    assert.throws(() => parseValues(text), {
      name: "ItemsError",
      message: `a JSON array is needed, such as [1, 2, 3]; this is ${kind}`,
    });
  }
});

test("the position is found for all that JSON.parse refuses, and only for that", () => {
  const pieces = ["[", "]", "{", "}", ",", ":", '"a"', "1", "-", "true", " ", "\\", '"', "e", "."];
  let seed = 7;
  const next = (below: number) => (seed = (seed * 1103515245 + 12345) % 2 ** 31) % below;
  for (let round = 0; round < 20_000; round++) {
    const text = Array.from({ length: 1 + next(8) }, () => pieces[next(pieces.length)]).join("");
    let valid = true;
    try {
      JSON.parse(text);
    } catch {
      valid = false;
    }
    assert.equal(findJsonError(text) === undefined, valid, text);
  }
});

test("each value has a short label on one line", () => {
  assert.deepEqual(
    valueItems(["a", 1, { b: 2 }, "", "x\ny", null]).map(({ label }) => label),
    ["a", "1", '{"b":2}', '""', "x y", "null"],
  );
  assert.equal(valueItems(["x".repeat(500)])[0]!.label.length, 80);
});
