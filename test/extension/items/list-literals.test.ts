import assert from "node:assert/strict";
import { test } from "node:test";
import { listLiterals } from "../../../extension/items/list-literals.js";

const valuesOf = (source: string) => listLiterals(source).map(({ name, values }) => [name, values]);

test("lists of plain values are found, as Python and JavaScript write them", () => {
  const python = `import os
names = ['a.txt', "it's", 'b\\n']  # some names
settings: list = [
    {"depth": 1, "wide": True},  # the first
    {'depth': 2.5, 'wide': None},
]
`;
  assert.deepEqual(valuesOf(python), [
    ["names", ["a.txt", "it's", "b\n"]],
    [
      "settings",
      [
        { depth: 1, wide: true },
        { depth: 2.5, wide: null },
      ],
    ],
  ]);
  assert.equal(python.slice(listLiterals(python)[1]!.offset).startsWith("settings"), true);
  const script = `const seeds: number[] = [1, -2, 3e4,];
export const words = ["\\u00e4", 'x']; // two
let nested = [[1], { deep: [true, null] }]`;
  assert.deepEqual(valuesOf(script), [
    ["seeds", [1, -2, 30_000]],
    ["words", ["ä", "x"]],
    ["nested", [[1], { deep: [true, null] }]],
  ]);
});

test("a list that has to be computed, is empty or does not end is none", () => {
  for (const source of [
    "a = [x for x in range(3)]",
    "a = [name]",
    "a = [constructor]",
    "a = [f(1)]",
    "a = [1] + rest",
    "a = [1, 2][0]",
    "a = [1].map(f)",
    "a = [f'{x}']",
    "a = ['\\x41']",
    "a = [1 2]",
    "a = [1,",
    "a = []",
    "  a = [1]",
    "a == [1]",
    "a = {'b': 1}",
    "a = [`${x}`]",
    // JavaScript has no such number, and the function would get another one.
    "a = [12345678901234567891]",
    "a = [1e999]",
    `a = ${"[".repeat(100_000)}1${"]".repeat(100_000)}`,
  ])
    assert.deepEqual(listLiterals(source), [], source);
});
