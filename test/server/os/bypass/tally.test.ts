import assert from "node:assert/strict";
import { closeSync, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { test } from "node:test";
import { openTally } from "../../../../server/os/bypass/tally.js";
import { temporaryFolder } from "../../../temporary-folder.js";

const onLinux = { skip: process.platform === "linux" ? false : "there are no such paths" };

test("counts that are written through a tally's path can be read in it", onLinux, () => {
  const tally = openTally()!;
  const fd = openSync(tally.path, "r+");
  const head = Buffer.alloc(32);
  readSync(fd, head, 0, 32, 0);
  assert.equal(head.toString("latin1"), tally.mark);
  assert.equal(fstatSync(fd).nlink, 0, "it has no name anywhere");
  assert.equal(fstatSync(fd).mode & 0o777, 0o600);
  for (const [slot, count] of [
    [0, 7n],
    [5, 2n ** 40n],
    [tally.slots - 1, 1n],
  ] as const) {
    assert.equal(tally.read(slot), 0);
    writeSync(fd, new BigUint64Array([count]), 0, 8, 32 + 8 * slot);
    assert.equal(tally.read(slot), Number(count));
  }
  assert.equal(fstatSync(fd).size, 4096, "the last counter is in the page");
  closeSync(fd);
  tally.close();
  assert.throws(() => openSync(tally.path, "r+"), { code: "ENOENT" });
});

test("no two tallies have the same mark", onLinux, () => {
  const [one, other] = [openTally()!, openTally()!];
  assert.notEqual(one.mark, other.mark);
  assert.notEqual(one.path, other.path);
  one.close();
  other.close();
});

test("a tally is made in the first folder that can hold it; without one there is none", onLinux, (t) => {
  const tally = openTally(["/nowhere", "/proc", temporaryFolder(t)]);
  assert.equal(tally?.read(0), 0);
  tally?.close();
  assert.equal(openTally(["/nowhere", "/proc"]), null);
});
