import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TaskList } from "../../../../bindings/typescript/host/task-list.js";
import type { WorkerTask } from "../../../../protocol/worker.js";

const task = (seq: number): WorkerTask => ({ seq, target: 0, mode: "map", items: new Uint8Array(), count: 1 });

/** The pipe, without a pipe. */
class Claims {
  /** Whose bytes are in it. */
  seqs: number[] = [];
  /** What the host has read. */
  readonly read = new Set<number>();

  next(): number | null {
    const seq = this.seqs.shift();
    if (seq === undefined) return null;
    this.read.add(seq);
    return seq & 255;
  }
}

test("of two tasks with the same byte the older one was taken back", () => {
  const claims = new Claims();
  const list = new TaskList(claims);
  list.add(Array.from({ length: 300 }, (_, seq) => task(seq)));
  // All but the last three were taken back while the host was busy.
  claims.seqs.push(297, 298, 299);
  assert.deepEqual([list.next()?.seq, list.next()?.seq, list.next()?.seq, list.next()], [297, 298, 299, null]);
});

test("a claim whose task has not arrived is not matched to an older task with the same byte", () => {
  const claims = new Claims();
  const list = new TaskList(claims);
  list.add(Array.from({ length: 250 }, (_, seq) => task(seq)));
  claims.seqs.push(260);
  assert.equal(list.next(), null);
  list.add([task(258), task(259), task(260)]);
  assert.equal(list.next()?.seq, 260);
  assert.equal(list.next(), null);
});

test("each task runs once, on the side that read its claim, however tasks are taken back and delayed", () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant("give" as const), count: fc.integer({ min: 1, max: 32 }) }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant("takeBack" as const), count: fc.integer({ min: 1, max: 32 }) }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("deliver" as const), count: fc.integer({ min: 1, max: 3 }) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("run" as const), count: fc.integer({ min: 1, max: 32 }) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const claims = new Claims();
      const list = new TaskList(claims);
      const messages: WorkerTask[][] = [];
      const outcomes = new Map<number, "ran" | "taken back">();
      let seq = 0;
      const settle = (one: number, how: "ran" | "taken back") => {
        assert.equal(outcomes.get(one), undefined, `task ${one} has two outcomes`);
        outcomes.set(one, how);
      };
      const run = (max: number) => {
        for (let i = 0; i < max; i++) {
          const next = list.next();
          if (!next) return;
          assert.equal(claims.read.has(next.seq), true, `task ${next.seq} ran without its claim`);
          settle(next.seq, "ran");
        }
      };
      for (const { do: what, count } of steps) {
        if (what === "give") {
          // No more than a worker may have.
          const tasks = Array.from({ length: Math.min(count, 32 - claims.seqs.length) }, () => task(seq++));
          claims.seqs.push(...tasks.map((one) => one.seq));
          messages.push(tasks);
        } else if (what === "takeBack") {
          for (const one of claims.seqs.splice(0, count)) settle(one, "taken back");
        } else if (what === "deliver") {
          for (const tasks of messages.splice(0, count)) list.add(tasks);
        } else {
          run(count);
        }
      }
      for (const tasks of messages) list.add(tasks);
      run(Infinity);
      assert.equal(outcomes.size, seq);
    }),
    { numRuns: 500 },
  );
});
