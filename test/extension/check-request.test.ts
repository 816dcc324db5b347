import assert from "node:assert/strict";
import { test } from "node:test";
import { checkRequest } from "../../extension/check-request.js";
import type { RunRequest } from "../../extension/runs/run.js";

type Given = Omit<RunRequest, "origin">;
const good: Given = {
  name: "n",
  target: { command: "wc" },
  items: [{ value: 1, label: "one", file: "/w/a" }],
  options: { processes: 2 },
};

test("a request of another extension is taken as it is", () => {
  assert.deepEqual(checkRequest(good), good);
  const surroundings = { cwd: "/w", env: { A: "1", B: null } };
  assert.deepEqual(checkRequest({ ...good, ...surroundings }), { ...good, ...surroundings });
});

test("members that are left out get their defaults", () => {
  const given = {
    name: "n",
    target: { command: "wc" },
    items: [{ value: "a" }, { value: { b: [1] } }],
  } as unknown as Given;
  assert.deepEqual(checkRequest(given), {
    name: "n",
    target: { command: "wc" },
    items: [
      { value: "a", label: "a", file: null },
      { value: { b: [1] }, label: "{ b: [ 1 ] }", file: null },
    ],
    options: {},
  });
});

for (const [given, message] of [
  [undefined, "name must be a text; got undefined (undefined)"],
  [{ ...good, name: 5 }, "name must be a text; got 5 (number)"],
  [
    { ...good, target: "wc" },
    "target must be an object, such as { module, export } or { command, args }; got 'wc' (string)",
  ],
  [{ ...good, items: "abc" }, "items must be an array of { value, label, file }; got 'abc' (string)"],
  [{ ...good, items: ["a"] }, "items[0] must be an object { value, label, file }; got 'a' (string)"],
  [{ ...good, items: [{ value: 1 }, null] }, "items[1] must be an object { value, label, file }; got null (null)"],
  [{ ...good, items: [{ value: 1, label: 1 }] }, "items[0].label must be a text; got 1 (number)"],
  [{ ...good, items: [{ value: 1, file: {} }] }, "items[0].file must be an absolute path or null; got {} (object)"],
  [{ ...good, options: 3 }, "options must be an object; got 3 (number)"],
] as const) {
  test(message, () => assert.throws(() => checkRequest(given as unknown as Given), { name: "TypeError", message }));
}
