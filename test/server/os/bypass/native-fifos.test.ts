import assert from "node:assert/strict";
import { closeSync, fstatSync, readSync, writeSync } from "node:fs";
import { suite, test, type TestContext } from "node:test";
import { hasNative } from "../../../../native/load.js";
import { FifoStock } from "../../../../server/os/bypass/fifo-stock.js";

/** A stock that could make no FIFO by a program. */
function stock(t: TestContext): FifoStock {
  const made = new FifoStock({ prefix: "/proc/nowhere/f", prepare: () => assert.fail("no folder is needed") });
  t.after(() => made.dispose());
  return made;
}

suite("FIFOs by the native code", { skip: !hasNative() && "needs the native code: npm run native" }, () => {
  test("need no folder, and neither wait nor end", (t) => {
    const fd = stock(t).take()!;
    assert.ok(fstatSync(fd).isFIFO());
    const buffer = Buffer.alloc(8);
    assert.throws(() => readSync(fd, buffer), { code: "EAGAIN" });
    assert.equal(writeSync(fd, "x"), 1);
    assert.equal(readSync(fd, buffer), 1);
    closeSync(fd);
  });

  test("the reader of two ends gets EOF when the end to write is closed", (t) => {
    const [read, write] = stock(t).takeEnds()!;
    assert.equal(writeSync(write, "x"), 1);
    closeSync(write);
    const buffer = Buffer.alloc(8);
    assert.deepEqual([readSync(read, buffer), readSync(read, buffer)], [1, 0]);
    closeSync(read);
  });
});
