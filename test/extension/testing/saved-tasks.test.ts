import assert from "node:assert/strict";
import { test } from "node:test";
import {
  concerned,
  itemKeys,
  savedTasks,
  VariableError,
  withVariables,
} from "../../../extension/testing/saved-tasks.js";

test("saved runs are the tasks of type polyproc with a label", () => {
  const tasks = [
    { type: "polyproc", label: "a", command: "wc {item}" },
    { type: "shell", label: "b" },
    { type: "polyproc" },
    null,
    "c",
  ];
  assert.deepEqual(
    savedTasks(tasks, "/w").map(({ id, label }) => [id, label]),
    [["/w\na", "a"]],
  );
  assert.deepEqual(savedTasks(undefined, "/w"), []);
});

test("variables of the folder and the environment are resolved; those that need a task are refused by name", () => {
  const [task] = savedTasks(
    [
      {
        type: "polyproc",
        label: "a",
        cwd: "${workspaceFolder}/x",
        env: { KEY: "${env:KEY}", NONE: "${env:NONE}" },
        items: { values: ["${workspaceFolderBasename}", 1] },
      },
    ],
    "/home/w",
  );
  const { cwd, env, items } = withVariables(task!, { KEY: "value" }).definition;
  assert.deepEqual([cwd, env, items], ["/home/w/x", { KEY: "value", NONE: "" }, { values: ["w", 1] }]);
  const [asks] = savedTasks([{ type: "polyproc", label: "asks", command: "x ${input:which}" }], "/w");
  assert.throws(
    () => withVariables(asks!, {}),
    (error) => error instanceof VariableError && /"asks" uses \$\{input:which\}/.test(error.message),
  );
});

test("items with the same label have keys of their own, and a saved file concerns its items, or all", () => {
  assert.deepEqual(itemKeys(["a", "b", "a"].map((label) => ({ label }))), ["a", "b", "a\n1"]);
  const items = ["/w/1", null, "/w/2", "/w/1"].map((file) => ({ file }));
  assert.deepEqual(concerned(items, "/w/f.js", "/w/1"), [0, 3]);
  assert.deepEqual(concerned(items, "/w/f.js", "/w/f.js"), [0, 1, 2, 3]);
  assert.deepEqual(concerned(items, null, "/w/3"), []);
});
