import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  blockAt,
  firstAfter,
  layOut,
  marksOf,
  pan,
  reveal,
  ticks,
  zoom,
  type Block,
  type TimedRow,
} from "../../../extension/results/timeline-layout.js";

function row(
  index: number,
  pid: number,
  startedAt: number | null,
  ms: number | null,
  state: TimedRow["state"] = ms === null ? "running" : "done",
  host: string | null = null,
): TimedRow {
  return { index, pid, host, startedAt, ms, state };
}

const block = (index: number, from: number, to: number, state: Block["state"] = "done"): Block => ({
  index,
  pid: 1,
  from,
  to,
  state,
});

describe("layOut", () => {
  test("gives each worker a lane, and idle workers an empty one", () => {
    const { lanes, utilisation, to } = layOut(
      [row(0, 11, 0, 100), row(1, 12, 0, 40), row(2, 11, 100, 100), row(3, 0, null, null, "queued")],
      { from: 0, to: 200, workers: 3 },
    );
    assert.deepEqual(
      lanes.map(({ pids }) => pids),
      [[11], [12], []],
    );
    assert.deepEqual(
      lanes.map(({ busyMs }) => busyMs),
      [200, 40, 0],
    );
    assert.equal(to, 200);
    assert.equal(utilisation, 240 / 600);
  });

  test("on a cluster, the lanes of a host follow each other, and equal pids of two hosts are two workers", () => {
    const on = (host: string, index: number, pid: number, at: number) => row(index, pid, at, 100, "done", host);
    const rows = [on("beta", 0, 11, 0), on("alpha", 1, 11, 0), on("beta", 2, 12, 50), on("alpha", 3, 20, 150)];
    const { lanes, utilisation } = layOut(rows, { from: 0, to: 200, workers: 0 });
    assert.deepEqual(
      lanes.map(({ host, pids, blocks }) => [host, pids, blocks.map(({ index }) => index)]),
      [
        ["alpha", [11, 20], [1, 3]],
        ["beta", [11], [0]],
        ["beta", [12], [2]],
      ],
    );
    assert.equal(utilisation, 400 / 750);
  });

  test("on a cluster, an item that runs has a lane of its host, though its pid is not known before its end", () => {
    const rows = [
      row(0, 11, 0, 100, "done", "alpha"),
      row(1, 0, 100, null, "running", "alpha"),
      row(2, 0, 120, null, "running", "alpha"),
      row(3, 0, 130, null, "running", "beta"),
      row(4, 0, 140, null, "running"),
      row(5, 0, 90, 1, "failed", "beta"),
    ];
    const { lanes } = layOut(rows, { from: 0, to: 200, workers: 0 });
    assert.deepEqual(
      lanes.map(({ host, pids, blocks }) => [host, pids, blocks.map(({ index, to }) => [index, to])]),
      [
        [
          "alpha",
          [11],
          [
            [0, 100],
            [1, 200],
          ],
        ],
        ["alpha", [], [[2, 200]]],
        ["beta", [], [[3, 200]]],
      ],
    );
  });

  test("puts commands, which live for one item, into as many lanes as there are processes", () => {
    const rows = Array.from({ length: 40 }, (_, i) => row(i, 100 + i, Math.floor(i / 4) * 50 + (i % 4), 45));
    const { lanes } = layOut(rows, { from: 0, to: 500, workers: 4 });
    assert.equal(lanes.length, 4);
    assert.deepEqual(
      lanes.map(({ blocks }) => blocks.length),
      [10, 10, 10, 10],
    );
  });

  test("gives a worker the lane of one that has ended", () => {
    const { lanes } = layOut([row(0, 11, 0, 100, "failed"), row(1, 12, 0, 400), row(2, 13, 150, 50)], {
      from: 0,
      to: 400,
      workers: 2,
    });
    assert.deepEqual(
      lanes.map(({ pids }) => pids),
      [[11, 13], [12]],
    );
  });

  test("draws the items of one chunk one after another, although they have the same start", () => {
    const { lanes } = layOut([row(0, 11, 0, 30), row(1, 11, 0, 20), row(2, 11, 0, null)], {
      from: 0,
      to: 80,
      workers: 1,
    });
    assert.deepEqual(
      lanes[0]!.blocks.map(({ from, to }) => [from, to]),
      [
        [0, 30],
        [30, 50],
        [50, 80],
      ],
    );
    assert.equal(lanes[0]!.busyMs, 80);
  });

  test("draws running and lost items up to now", () => {
    const { lanes } = layOut([row(0, 11, 10, null), row(1, 12, 20, null, "lost")], { from: 0, to: 100, workers: 2 });
    assert.deepEqual(
      lanes.map(({ blocks }) => blocks[0]!.to),
      [100, 100],
    );
  });

  test("draws every block, without overlaps, and never shows more than 100 % busy", () => {
    const anyRow = fc.record({
      pid: fc.integer({ min: 1, max: 6 }),
      startedAt: fc.integer({ min: 0, max: 1000 }),
      ms: fc.option(fc.integer({ min: 0, max: 300 })),
    });
    fc.assert(
      fc.property(fc.array(anyRow, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (made, workers) => {
        const rows = made.map(({ pid, startedAt, ms }, index) => row(index, pid, startedAt, ms));
        const { lanes, utilisation } = layOut(rows, { from: 0, to: 1000, workers });
        assert.deepEqual(
          lanes.flatMap(({ blocks }) => blocks.map(({ index }) => index)).sort((a, b) => a - b),
          rows.map(({ index }) => index),
        );
        for (const { blocks } of lanes) {
          for (const [i, { from, to }] of blocks.entries()) {
            assert.ok(from <= to);
            assert.ok(i === 0 || from >= blocks[i - 1]!.to);
          }
        }
        assert.ok(utilisation >= 0 && utilisation <= 1);
      }),
    );
  });
});

describe("marksOf", () => {
  test("draws blocks at their times, cut to the window", () => {
    const marks = marksOf([block(0, 0, 50), block(1, 50, 150), block(2, 300, 400)], { from: 25, to: 125 }, 200);
    assert.deepEqual(marks, [
      { x: 0, width: 50, state: "done", index: 0 },
      { x: 50, width: 150, state: "done", index: 1 },
    ]);
  });

  test("draws blocks narrower than a pixel as one, as failed if one of them is", () => {
    const blocks = Array.from({ length: 10_000 }, (_, i) => block(i, i, i + 0.9, i === 5000 ? "failed" : "done"));
    const marks = marksOf(blocks, { from: 0, to: 10_000 }, 500);
    assert.ok(marks.length <= 501, `${marks.length} marks`);
    assert.deepEqual(
      marks.filter(({ state }) => state === "failed").map(({ index }) => index),
      [null],
    );
    const failed = marks.find(({ state }) => state === "failed")!;
    assert.ok(Math.abs(failed.x - 250) <= 1);
  });

  test("keeps a long block apart from short ones beside it", () => {
    const marks = marksOf(
      [block(0, 0, 0.1), block(1, 0.1, 0.2), block(2, 1, 50), block(3, 50, 50.1)],
      { from: 0, to: 100 },
      100,
    );
    assert.deepEqual(
      marks.map(({ index }) => index),
      [null, 2, 3],
    );
  });

  test("leaves the gaps between far items open", () => {
    const marks = marksOf([block(0, 0, 1), block(1, 900, 901)], { from: 0, to: 1000 }, 100);
    assert.deepEqual(
      marks.map(({ x, width }) => [x, width]),
      [
        [0, 1],
        [90, 1],
      ],
    );
  });
});

describe("the window", () => {
  const whole = { from: 0, to: 1000 };

  test("zooms around a point, which stays in place", () => {
    const window = zoom(whole, whole, 4, 250);
    assert.equal(window.to - window.from, 250);
    assert.equal((250 - window.from) / 250, 0.25);
  });

  test("stays within the run", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.double({ min: 0.1, max: 10, noNaN: true }),
            fc.integer({ min: -500, max: 1500 }),
            fc.integer({ min: -2000, max: 2000 }),
          ),
        ),
        (moves) => {
          let window = whole;
          for (const [factor, at, by] of moves) {
            window = pan(zoom(window, whole, factor, at), whole, by);
            assert.ok(
              window.from >= -1e-6 && window.to <= 1000 + 1e-6 && window.to > window.from,
              JSON.stringify(window),
            );
          }
        },
      ),
    );
  });

  test("moves as little as needed to reveal a block", () => {
    const window = { from: 100, to: 200 };
    assert.deepEqual(reveal(window, whole, { from: 120, to: 180 }), window);
    assert.deepEqual(reveal(window, whole, { from: 220, to: 230 }), { from: 140, to: 240 });
    assert.deepEqual(reveal(window, whole, { from: 50, to: 60 }), { from: 40, to: 140 });
    assert.deepEqual(reveal(window, whole, { from: 300, to: 900 }), { from: 290, to: 390 });
    assert.deepEqual(reveal(window, whole, { from: 150, to: 900 }), window);
  });
});

test("blocks are found by time, with some tolerance", () => {
  const blocks = [block(0, 0, 10), block(1, 20, 30), block(2, 30, 31)];
  assert.equal(blockAt(blocks, 25, 0)!.index, 1);
  assert.equal(blockAt(blocks, 14, 5)!.index, 0);
  assert.equal(blockAt(blocks, 17, 5)!.index, 1);
  assert.equal(blockAt(blocks, 15, 2), null);
  assert.equal(blockAt([], 15, 2), null);
  assert.equal(firstAfter(blocks, 10), 1);
  assert.equal(firstAfter(blocks, 99), 3);
});

test("the axis has round steps that are far enough apart", () => {
  const at = (length: number) => ticks({ from: 0, to: length }, 0, 800, 80).map(({ atMs }) => atMs);
  assert.deepEqual(at(1000), [0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000]);
  assert.deepEqual(at(100_000).slice(0, 3), [0, 10_000, 20_000]);
  assert.deepEqual(at(130_000).slice(0, 3), [0, 15_000, 30_000]);
  assert.deepEqual(at(36_000_000).slice(0, 3), [0, 3_600_000, 7_200_000]);
  assert.ok(at(1).length <= 11);
});
