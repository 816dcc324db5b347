import assert from "node:assert/strict";
import { test } from "node:test";
import { collectGarbage } from "../../server/collect-garbage.js";

const mebibyte = 1024 * 1024;

test("garbage is collected once much was released, and not in the middle of it", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const budget = { releasedBytes: 0 };
  let collected = 0;
  const stop = collectGarbage(budget, () => void collected++);
  const release = (mebibytes: number) => {
    budget.releasedBytes += mebibytes * mebibyte;
    t.mock.timers.tick(1000);
    return collected;
  };
  assert.equal(release(0), 0);
  assert.equal(release(20), 0);
  assert.equal(release(0), 0, "20 MiB are left to V8");
  assert.equal(release(20), 0, "the server is busy");
  assert.equal(release(20), 0);
  assert.equal(release(0), 1);
  assert.equal(release(0), 1, "nothing was released since");

  // Clients that go on slowly do not keep it from collecting, and what they release counts.
  assert.equal(release(31), 1);
  assert.equal(release(0.5), 1);
  assert.equal(release(0.5), 2);
  stop();
  assert.equal(release(100), 2);
  assert.equal(release(0), 2);
});
