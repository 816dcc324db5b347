import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ChangeLog } from "../../../../server/engine/runs/change-log.js";

const indexes = (log: ChangeLog, position: number) => Array.from(log.after(position), ({ index }) => index);

test("a reader finds each entry that changed since its last read, once, oldest change first", () => {
  const log = new ChangeLog(3);
  assert.deepEqual(indexes(log, 0), []);
  for (const index of [2, 0, 2]) log.add(index);
  assert.deepEqual(indexes(log, 0), [0, 2]);
  assert.deepEqual([...log.after(2)], [{ index: 2, position: 3 }]);
  assert.deepEqual(indexes(log, log.position), []);
});

test("a reader that stops anywhere and goes on later misses nothing, whatever changed", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ changes: fc.array(fc.nat(19), { maxLength: 60 }), take: fc.nat(10) }), { maxLength: 30 }),
      (rounds) => {
        const log = new ChangeLog(20);
        const seen = new Map<number, number>();
        const truth = new Map<number, number>();
        let next = 0;
        const read = (take: number) => {
          for (const { index, position } of log.after(next)) {
            if (take-- === 0) break;
            assert.ok(position > next);
            seen.set(index, position);
            next = position;
          }
        };
        for (const { changes, take } of rounds) {
          for (const index of changes) {
            log.add(index);
            truth.set(index, log.position);
          }
          read(take);
        }
        read(Infinity);
        assert.deepEqual(new Map([...seen].sort(([a], [b]) => a - b)), new Map([...truth].sort(([a], [b]) => a - b)));
      },
    ),
  );
});

test("memory is bounded by what can change, not by how often it does", () => {
  const log = new ChangeLog(10);
  for (let i = 0; i < 1_000_000; i++) log.add(i % 10);
  assert.equal(log.position, 1_000_000);
  assert.ok(log.length < 100, `${log.length} changes are kept for 10`);
  assert.deepEqual(indexes(log, 0), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});
