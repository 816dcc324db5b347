import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BoundedChannel } from "../../../extension/output/bounded-channel.js";

const note = "… older lines were removed. Show Results has what the items of kept runs wrote.";

function setUp(maxChars: number) {
  let text = "";
  let replaced = 0;
  const channel = new BoundedChannel(
    {
      append: (more) => void (text += more),
      replace: (all) => {
        text = all;
        replaced++;
      },
    },
    maxChars,
  );
  return { channel, text: () => text, replaced: () => replaced };
}

describe("the text of the output channel", () => {
  test("up to its limit, all of it is kept", () => {
    const { channel, text, replaced } = setUp(1000);
    for (let n = 0; n < 10; n++) channel.append(`${"x".repeat(99)}\n`);
    assert.equal(text(), `${"x".repeat(99)}\n`.repeat(10));
    assert.equal(replaced(), 0);
  });

  test("beyond its limit the last lines stay, whole and in order, below one line that says so", () => {
    const { channel, text, replaced } = setUp(4000);
    const lines = Array.from({ length: 1000 }, (_, n) => `line ${n} ${"x".repeat(n % 60)}`);
    let longest = 0;
    for (let n = 0; n < lines.length; n += 3) {
      channel.append(
        lines
          .slice(n, n + 3)
          .map((line) => `${line}\n`)
          .join(""),
      );
      longest = Math.max(longest, text().length);
    }
    const [first, ...shown] = text().trimEnd().split("\n");
    assert.equal(first, note);
    assert.deepEqual(shown, lines.slice(-shown.length));
    assert.ok(shown.join("\n").length >= 1000 - 80, `${shown.length} lines`);
    assert.ok(longest <= 4000, `${longest} characters`);
    assert.ok(replaced() > 5 && replaced() < 30, `replaced ${replaced()} times`);
  });

  test("an append that is longer than the limit leaves its own last lines", () => {
    const { channel, text } = setUp(400);
    channel.append("before\n");
    const lines = Array.from({ length: 100 }, (_, n) => `line ${n}`);
    channel.append(`${lines.join("\n")}\n`);
    const [first, ...shown] = text().trimEnd().split("\n");
    assert.equal(first, note);
    assert.deepEqual(shown, lines.slice(-shown.length));
    assert.ok(shown.length >= 10 && text().length <= 400, text());
  });
});
