import assert from "node:assert/strict";
import { test } from "node:test";
import { ChildrenTree } from "../../../extension/views/children/children-tree.js";
import { Rows } from "../../../extension/views/tree/rows.js";
import type { TreeNode } from "../../../extension/views/tree/tree-node.js";
import { at, poolInfo, processInfo, snapshot } from "./fake-model.js";

function node(id: string, children: TreeNode[] = [], description = ""): TreeNode {
  return {
    id,
    label: id,
    description,
    icon: { id: "lock" },
    spoken: id,
    context: "",
    about: { kind: "nothing" },
    children,
    open: false,
    details: () => [],
  };
}

test("without a change nothing is reported", () => {
  const rows = new Rows();
  assert.equal(rows.replace([node("a", [node("b")])]), "everything");
  assert.deepEqual(rows.replace([node("a", [node("b")])]), []);
});

test("a changed row is reported alone; below a row that is drawn again nothing is reported twice", () => {
  const rows = new Rows();
  rows.replace([node("a", [node("b", [node("c")]), node("d")])]);
  assert.deepEqual(rows.replace([node("a", [node("b", [node("c", [], "new")]), node("d")])]), ["c"]);
  assert.deepEqual(rows.replace([node("a", [node("b", [node("c")], "new"), node("d", [], "new")])]), ["b", "d"]);
});

test("a row whose children change is reported; on the first level, the whole tree", () => {
  const rows = new Rows();
  rows.replace([node("a", [node("b"), node("c")])]);
  assert.deepEqual(rows.replace([node("a", [node("c"), node("b")])]), ["a"]);
  assert.deepEqual(rows.replace([node("a", [node("c")])]), ["a"]);
  assert.equal(rows.replace([node("a", [node("c")]), node("z")]), "everything");
});

test("rows are found by their ids, with their parents", () => {
  const rows = new Rows();
  rows.replace([node("a", [node("b")])]);
  assert.equal(rows.get("b")?.label, "b");
  assert.equal(rows.parentOf("b"), "a");
  assert.equal(rows.parentOf("a"), undefined);
  rows.replace([]);
  assert.equal(rows.get("b"), undefined);
});

test("if one of a thousand workers took another item, one row is reported", () => {
  const pool = poolInfo("s1.1", { workers: 1000, busy: 1000 });
  const workers = (changed: number) =>
    Array.from({ length: 1000 }, (_, i) =>
      processInfo(`w${i}`, {
        role: "worker",
        pool: pool.pool,
        task: { job: "job:s1.2", index: i === changed ? 5000 : i, startedAt: at },
      }),
    );
  const tree = new ChildrenTree();
  const rows = new Rows();
  rows.replace(tree.build(snapshot({ processes: workers(-1), pools: [pool] })));
  assert.deepEqual(rows.replace(tree.build(snapshot({ processes: workers(7), pools: [pool] }))), ["process:w7"]);
  // Not among those that are shown.
  assert.deepEqual(
    rows.replace(
      tree.build(
        snapshot({
          processes: workers(7).with(999, processInfo("w999", { role: "worker", pool: pool.pool })),
          pools: [pool],
        }),
      ),
    ),
    [],
  );
});

test("a second later only the rows that show an age are reported", () => {
  const processes = [processInfo("a"), processInfo("b", { state: "exited", exitCode: 0, endedAt: at })];
  const tree = new ChildrenTree();
  const rows = new Rows();
  rows.replace(tree.build(snapshot({ processes })));
  assert.deepEqual(rows.replace(tree.build(snapshot({ processes }, { at: at + 1000 }))), ["process:a"]);
});
