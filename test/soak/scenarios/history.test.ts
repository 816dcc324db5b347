import assert from "node:assert/strict";
import { test } from "node:test";
import { checkHistory } from "../linearizability/checker.js";
import { semaphoreModel, type LockInput, type LockOutput } from "../linearizability/models.js";
import { historyOf } from "./history.js";
import type { Story } from "./scenario.js";

/** A program releases at 20; at 30 another one finds no permit; at 50 the first one has it again. */
function verdict(language: "python" | "typescript"): string {
  const first = [
    { op: "acquire?", from: 0, at: 0 },
    { op: "acquire", from: 0, at: 10, acquired: true },
    { op: "release?", from: 15, at: 15 },
    { op: "release", from: 15, at: 20 },
    { op: "acquire?", from: 40, at: 40 },
    { op: "acquire", from: 40, at: 50, acquired: true },
  ];
  const second = [
    { op: "acquire?", from: 30, at: 30 },
    { op: "acquire", from: 30, at: 35, acquired: false },
  ];
  const endings = [
    { pid: 1, language, records: first },
    { pid: 2, language: "typescript", records: second },
  ].map((ending) => ({ ...ending, records: ending.records.map((record) => ({ ...record, pid: ending.pid })) }));
  const calls = historyOf<LockInput, LockOutput>(
    { endings, hits: [] } as unknown as Story,
    {
      acquire: ({ acquired }) => ({ input: "acquire", output: { acquired: acquired === true } }),
      release: () => ({ input: "release", output: null }),
    },
    ["release"],
  );
  return checkHistory(semaphoreModel(1), calls).kind;
}

test("a Python release that is only sent may take effect until the next answer; an awaited one may not", () => {
  assert.equal(verdict("python"), "linearizable");
  assert.equal(verdict("typescript"), "violation");
});
