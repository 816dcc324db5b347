import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TaskList } from "../../../../bindings/typescript/host/task-list.js";
import type { WorkerTask } from "../../../../protocol/worker.js";

const task = (seq: number): WorkerTask => ({ seq, target: 0, mode: "map", items: new Uint8Array(), count: 1 });

/** The channel, without a channel. Each packet names a task that comes in a message. */
class Packets {
  /** Those that are in it. */
  seqs: number[] = [];
  /** What the host has read. */
  readonly taken = new Set<number>();

  read(): { seq: number } | null {
    const seq = this.seqs.shift();
    if (seq === undefined) return null;
    this.taken.add(seq);
    return { seq };
  }

  want(): void {}
}

test("each task runs once, on the side that read its packet, however tasks are taken back and delayed", () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant("give" as const), count: fc.integer({ min: 1, max: 16 }) }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant("takeBack" as const), count: fc.integer({ min: 1, max: 16 }) }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("deliver" as const), count: fc.integer({ min: 1, max: 3 }) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("run" as const), count: fc.integer({ min: 1, max: 16 }) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const packets = new Packets();
      const list = new TaskList(packets, () => true);
      const messages: WorkerTask[][] = [];
      const outcomes = new Map<number, "ran" | "taken back">();
      let seq = 0;
      const settle = (one: number, how: "ran" | "taken back") => {
        assert.equal(outcomes.get(one), undefined, `task ${one} has two outcomes`);
        outcomes.set(one, how);
      };
      const run = (max: number) => {
        for (let i = 0; i < max; i++) {
          const next = list.next(true);
          if (!next) return;
          assert.equal(packets.taken.has(next.seq), true, `task ${next.seq} ran without its packet`);
          settle(next.seq, "ran");
        }
      };
      for (const { do: what, count } of steps) {
        if (what === "give") {
          // No more than a worker may have.
          const tasks = Array.from({ length: Math.min(count, 16 - packets.seqs.length) }, () => task(seq++));
          packets.seqs.push(...tasks.map((one) => one.seq));
          messages.push(tasks);
        } else if (what === "takeBack") {
          for (const one of packets.seqs.splice(0, count)) settle(one, "taken back");
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
