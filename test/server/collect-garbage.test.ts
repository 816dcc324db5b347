import assert from "node:assert/strict";
import { test } from "node:test";
import { collectGarbage } from "../../server/collect-garbage.js";

const mebibyte = 1024 * 1024;

test("garbage is collected when what is held has fallen, and not in the middle of it", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  let used = 64 * mebibyte;
  let peak = used;
  const collected: number[] = [];
  const stop = collectGarbage({
    get usedBytes() {
      return used;
    },
    get peakBytes() {
      return peak;
    },
    forgetPeak() {
      collected.push(used);
      peak = used;
    },
  });
  const look = () => t.mock.timers.tick(1000);
  look();
  assert.deepEqual(collected, [], "all of it is held");
  used = 30 * mebibyte;
  look();
  used = 0;
  look();
  assert.deepEqual(collected, [], "it falls");
  look();
  look();
  assert.deepEqual(collected, [0]);

  // A pause, in which it is collected; then the rest goes, too.
  peak = 64 * mebibyte;
  used = 20 * mebibyte;
  look();
  look();
  assert.deepEqual(collected, [0, 20 * mebibyte]);
  used = 0;
  look();
  look();
  assert.deepEqual(collected, [0, 20 * mebibyte, 0]);
  // As few bytes again are left to V8.
  peak = 20 * mebibyte;
  look();
  look();
  assert.equal(collected.length, 3);
  stop();
});
