import assert from "node:assert/strict";
import { test } from "node:test";
import { ChildrenTree } from "../../../extension/views/children/children-tree.js";
import { type Changes, Rows } from "../../../extension/views/tree/rows.js";
import { editorId, type TreeNode } from "../../../extension/views/tree/tree-node.js";
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

/** Rows that an editor shows, all expanded; `tell` returns the changes and draws them. */
function editor() {
  const rows = new Rows();
  const draw = (id?: string) => {
    if (id !== undefined) rows.draw(id);
    for (const below of rows.drawBelow(id)) draw(below);
  };
  return {
    rows,
    tell(nodes: readonly TreeNode[], figures = true): Changes {
      rows.replace(nodes);
      const changes = rows.takeChanges(figures);
      if (changes === "everything") draw();
      else for (const id of changes) draw(id);
      return changes;
    },
    show(nodes: readonly TreeNode[]) {
      rows.replace(nodes);
      draw();
    },
  };
}

test("without a change nothing is reported", () => {
  const { show, tell } = editor();
  show([node("a", [node("b")])]);
  assert.deepEqual(tell([node("a", [node("b")])]), []);
});

test("a changed row is reported alone; below a row that is drawn again nothing is reported twice", () => {
  const { show, tell } = editor();
  show([node("a", [node("b", [node("c")]), node("d")])]);
  assert.deepEqual(tell([node("a", [node("b", [node("c", [], "new")]), node("d")])]), ["c"]);
  assert.deepEqual(tell([node("a", [node("b", [node("c")], "new"), node("d", [], "new")])]), ["b", "d"]);
});

test("a row whose children change is reported; on the first level, the whole tree", () => {
  const { show, tell } = editor();
  show([node("a", [node("b"), node("c")])]);
  assert.deepEqual(tell([node("a", [node("c"), node("b")])]), ["a"]);
  assert.deepEqual(tell([node("a", [node("c")])]), ["a"]);
  assert.equal(tell([node("a", [node("c")]), node("z")]), "everything");
});

test("a row that is to be expanded is renamed with its first child, and the editor asks for its parent's rows", () => {
  const { show, tell } = editor();
  const open = (id: string, children: TreeNode[] = []) => ({ ...node(id, children), open: true });
  const collapsed = open("a");
  const expanded = open("a", [node("b")]);
  assert.notEqual(editorId(collapsed), editorId(expanded));
  show([open("root", [node("first", [], "1"), collapsed])]);
  assert.deepEqual(tell([open("root", [node("first", [], "2"), expanded])]), ["root"]);
  assert.deepEqual(tell([open("root", [node("first", [], "2"), expanded])]), []);
  show([collapsed]);
  assert.equal(tell([expanded]), "everything");
  // One that is to be collapsed keeps its id.
  show([node("a")]);
  assert.deepEqual(tell([node("a", [node("b")])]), ["a"]);
});

test("figures are left for later, and are not forgotten", () => {
  const { show, tell } = editor();
  show([node("a", [], "1 s"), node("b", [], "1 s")]);
  assert.deepEqual(tell([node("a", [], "6 s"), node("b", [], "1 s")], false), []);
  assert.deepEqual(tell([node("a", [], "6 s"), node("b", [], "1 s")]), ["a"]);
  assert.deepEqual(tell([node("a", [], "6 s"), { ...node("b", [], "6 s"), label: "B" }], false), ["b"]);
});

test("rows that the editor has not asked for are not reported", () => {
  const { rows } = editor();
  rows.replace([node("a", [node("b")])]);
  assert.deepEqual(rows.takeChanges(true), []);
  assert.deepEqual(rows.drawBelow(), ["a"]);
  rows.draw("a");
  // It is collapsed: its children have not been asked for.
  rows.replace([node("a", [node("b", [], "new"), node("c")])]);
  assert.deepEqual(rows.takeChanges(true), []);
  rows.replace([node("a")]);
  assert.deepEqual(rows.takeChanges(true), ["a"], "it can no longer be expanded");
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
  const { show, tell } = editor();
  show(tree.build(snapshot({ processes: workers(-1), pools: [pool] })));
  assert.deepEqual(tell(tree.build(snapshot({ processes: workers(7), pools: [pool] }))), ["process:w7"]);
  // Not among those that are shown.
  assert.deepEqual(
    tell(
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

test("five seconds later only the rows that show an age are reported", () => {
  const processes = [processInfo("a"), processInfo("b", { state: "exited", exitCode: 0, endedAt: at })];
  const tree = new ChildrenTree();
  const { show, tell } = editor();
  show(tree.build(snapshot({ processes })));
  assert.deepEqual(tell(tree.build(snapshot({ processes }, { at: at + 5000 }))), ["process:a"]);
});
