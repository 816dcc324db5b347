import assert from "node:assert/strict";
import { test } from "node:test";
import type { Progress } from "../../../../protocol/progress.js";
import { ProgressSequences } from "../../../../server/engine/processes/progress-sequence.js";

/** What passes, and what is reported, of this output in pieces. */
function taken(pieces: readonly Uint8Array[]): { output: string; reports: Progress[] } {
  const reports: Progress[] = [];
  const sequences = new ProgressSequences((progress) => reports.push(progress));
  const passed = pieces.map((piece) => sequences.take(piece));
  const rest = sequences.end();
  return { output: Buffer.concat([...passed, ...(rest ? [rest] : [])]).toString("latin1"), reports };
}

const bytes = (text: string) => Buffer.from(text, "latin1");
const sequences: [text: string, report: Progress][] = [
  ["\x1b]9;4;1;45\x07", { fraction: 0.45, text: "" }],
  ["\x1b]9;4;1;45\x1b\\", { fraction: 0.45, text: "" }],
  ["\x1b]9;4;1;999\x07", { fraction: 1, text: "" }],
  ["\x1b]9;4;2;30\x07", { fraction: 0.3, text: "error" }],
  ["\x1b]9;4;3\x07", { fraction: null, text: "working" }],
  ["\x1b]9;4;4;5\x07", { fraction: 0.05, text: "paused" }],
  ["\x1b]9;4;0;\x07", { fraction: null, text: "" }],
];

test("each sequence is taken out and reported, wherever it is cut", () => {
  for (const [sequence, report] of sequences) {
    const text = `before\xff${sequence}after\n`;
    for (let at = 0; at <= text.length; at++)
      assert.deepEqual(taken([bytes(text.slice(0, at)), bytes(text.slice(at))]), {
        output: "before\xffafter\n",
        reports: [report],
      });
    assert.deepEqual(taken(text.split("").map(bytes)), { output: "before\xffafter\n", reports: [report] });
  }
});

test("all other bytes pass unchanged, in any pieces", () => {
  const others = [
    "\x1b",
    "\x1b]9;4;5;1\x07",
    "\x1b]9;4;1;1234\x07",
    "\x1b]0;title\x07",
    "\x1b[31m",
    "\x1b]9;4;1;5",
    "\x1b]9;4;1\x1bx",
  ];
  for (const other of others)
    for (const text of [other, `${other}${other}`, `a${other}b`]) {
      assert.deepEqual(taken([bytes(text)]), { output: text, reports: [] });
      assert.deepEqual(taken(text.split("").map(bytes)), { output: text, reports: [] });
    }
});

test("of several in one piece the last is reported", () => {
  const all = "\x1b]9;4;1;1\x07a\x1b]9;4;1;2\x07b\x1b]9;4;1;3\x07";
  assert.deepEqual(taken([bytes(all)]), { output: "ab", reports: [{ fraction: 0.03, text: "" }] });
});
