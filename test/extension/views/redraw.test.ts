import assert from "node:assert/strict";
import { test } from "node:test";
import type { PoolInfo } from "../../../protocol/pool.js";
import type { ProcessInfo, Usage } from "../../../protocol/process.js";
import { ChildrenTree } from "../../../extension/views/children/children-tree.js";
import { Redraw, type RedrawClock } from "../../../extension/views/tree/redraw.js";
import { Rows } from "../../../extension/views/tree/rows.js";
import type { TreeNode } from "../../../extension/views/tree/tree-node.js";
import { at, poolInfo, processInfo, snapshot } from "./fake-model.js";

class FakeClock implements RedrawClock {
  #now = 0;
  #timers: { at: number; run: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, run };
    this.#timers.push(timer);
    return () => void (this.#timers = this.#timers.filter((each) => each !== timer));
  }

  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.#timers = this.#timers.filter((each) => each !== next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
    }
    this.#now = end;
  }
}

/** An editor that draws all rows, and counts how often it draws each. */
function drawingEditor(build: (now: number) => readonly TreeNode[]) {
  const clock = new FakeClock();
  const rows = new Rows();
  const counts = new Map<string, number>();
  const tellTimes: number[] = [];
  const draw = (id?: string) => {
    if (id !== undefined) {
      rows.draw(id);
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    for (const below of rows.drawBelow(id)) draw(below);
  };
  const redraw = new Redraw({
    rows,
    build: () => build(clock.now()),
    tell(changes) {
      tellTimes.push(clock.now());
      if (changes === "everything") draw();
      else for (const id of changes) draw(id);
    },
    clock,
  });
  redraw.freshen();
  draw();
  redraw.show(true);
  return { clock, redraw, rows, counts, tellTimes };
}

const worker = (name: string, pool: PoolInfo, more: Partial<ProcessInfo> = {}) =>
  processInfo(name, { role: "worker", pool: pool.pool, startedAt: at, ...more });

test("during a run whose figures change all the time, each row is drawn once in five seconds at most", () => {
  const tree = new ChildrenTree();
  const editor = drawingEditor((now) => {
    const pool = poolInfo("s1.1", { workers: 4, busy: 4, done: Math.floor(now / 10) });
    const workers = Array.from({ length: 4 }, (_, i) =>
      worker(`w${i}`, pool, { task: { job: "job:s1.2", index: Math.floor(now / 150) + i, startedAt: at + now } }),
    );
    const usage: Usage[] = workers.map(({ process }) => ({
      process,
      pid: 1,
      cpuPercent: now % 97,
      memoryBytes: now * 1e5,
      descendants: [],
    }));
    return tree.build(snapshot({ pools: [pool], processes: workers, usage }, { at: at + now }));
  });
  editor.counts.clear();
  // The model reports changes ten times a second.
  for (let n = 0; n < 600; n++) {
    editor.redraw.update();
    editor.clock.advance(100);
  }
  assert.match(editor.rows.get("process:w0")!.description, /^item (39\d|400) /, "the newest state is at hand");
  for (const id of ["pool:s1.1", "process:w0", "process:w3"]) {
    const count = editor.counts.get(id)!;
    assert.ok(count >= 10 && count <= 13, `${id} was drawn ${count} times in 60 s`);
  }
  assert.equal(editor.counts.get("client/s1"), undefined, "nothing changed in it");
});

test("a change of state is drawn at once after a pause, otherwise a second after the last", () => {
  const running = new Set(["a"]);
  const tree = new ChildrenTree();
  const editor = drawingEditor((now) =>
    tree.build(
      snapshot({ processes: [...running].map((name) => processInfo(name, { startedAt: at + 1e7 })) }, { at: at + now }),
    ),
  );
  editor.clock.advance(12_000);
  assert.deepEqual(editor.tellTimes, []);
  running.add("b");
  editor.redraw.update();
  editor.clock.advance(1);
  assert.deepEqual(editor.tellTimes, [12_000]);
  for (let n = 0; n < 25; n++) {
    running.add(`c${n}`);
    editor.redraw.update();
    editor.clock.advance(100);
  }
  assert.deepEqual(editor.tellTimes, [12_000, 13_000, 14_000]);
  editor.clock.advance(5000);
  assert.deepEqual(editor.tellTimes, [12_000, 13_000, 14_000, 15_000], "the last change is not forgotten");
});

test("a process that only grows older is drawn 12 times in its first minute, once in each further one", () => {
  const tree = new ChildrenTree();
  const editor = drawingEditor((now) =>
    tree.build(snapshot({ processes: [processInfo("a", { startedAt: at })] }, { at: at + now })),
  );
  editor.counts.clear();
  editor.clock.advance(59_000);
  assert.equal(editor.counts.get("process:a"), 11);
  editor.clock.advance(10 * 60_000);
  assert.equal(editor.counts.get("process:a"), 21);
  assert.equal(editor.counts.size, 1);
});

test("a tree in which nothing changes is not drawn again, however often the model says that something may have", () => {
  const ended = processInfo("a", { state: "exited", exitCode: 0, endedAt: at });
  const tree = new ChildrenTree();
  let builds = 0;
  const editor = drawingEditor((now) => {
    builds++;
    return tree.build(snapshot({ processes: [ended] }, { at: at + now }));
  });
  for (let n = 0; n < 600; n++) {
    editor.redraw.update();
    editor.clock.advance(100);
  }
  assert.deepEqual(editor.tellTimes, []);
  assert.ok(builds <= 152, `${builds} builds in 60 s`);
  editor.redraw.show(false);
  const before = builds;
  editor.redraw.update();
  editor.clock.advance(60_000);
  assert.equal(builds, before, "a hidden tree is not built");
});
