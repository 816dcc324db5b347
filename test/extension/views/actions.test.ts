import assert from "node:assert/strict";
import { test } from "node:test";
import { aboutOf, chosenRows, processesOf } from "../../../extension/views/actions/chosen.js";
import { fileWords, hintOfTarget, hintOfText } from "../../../extension/views/actions/target-text.js";
import { known, poolInfo, processInfo, sessionInfo } from "./fake-model.js";

test("a command is for the selected rows, else for the one that was clicked", () => {
  assert.deepEqual(chosenRows("a", ["a", "b"]), ["a", "b"]);
  assert.deepEqual(chosenRows("a", undefined), ["a"]);
  assert.deepEqual(chosenRows("a", []), ["a"]);
  assert.deepEqual(chosenRows(undefined, undefined), []);
  assert.deepEqual(chosenRows({ scheme: "file" }, 3), []);
});

test("handles mean themselves, other rows what they stand for", () => {
  const model = known({ processes: [processInfo("a")], pools: [poolInfo("s1.1")] });
  const nodes = () => undefined;
  assert.deepEqual(aboutOf("process:a", nodes, model), { kind: "process", process: "process:a" });
  assert.deepEqual(aboutOf("pool:s1.1", nodes, model), { kind: "pool", pool: "pool:s1.1" });
  assert.deepEqual(aboutOf("process:gone", nodes, model), { kind: "nothing" });
});

test("a party of a deadlock stands for its process, when it is one", () => {
  const model = known({ processes: [processInfo("a")], sessions: [sessionInfo("s1"), sessionInfo("s2", { process: "process:a" })] });
  const party = (session: string | null) => processesOf([{ kind: "deadlock", deadlock: "d1", session }, { kind: "process", process: "process:a" }], model).map((process) => process.process);
  assert.deepEqual(party("s2"), ["process:a"]);
  assert.deepEqual(party("s1"), ["process:a"]);
  assert.deepEqual(processesOf([{ kind: "deadlock", deadlock: "d1", session: null }], model), []);
});

test("the source of a target is found from what was asked for, or from its text", () => {
  assert.deepEqual(hintOfTarget({ module: "/w/hash.js" }), { kind: "module", file: "/w/hash.js", export: "default" });
  assert.deepEqual(hintOfTarget({ command: "node", args: ["tool.js", "{item}"], cwd: "/w" }), { kind: "command", words: ["node", "tool.js", "{item}"], cwd: "/w" });
  assert.equal(hintOfTarget({ source: "() => 1" }), null);
  assert.deepEqual(hintOfText("hash.js#digest"), { kind: "moduleName", name: "hash.js", export: "digest" });
  assert.deepEqual(hintOfText("hash.test.mts#a.b"), { kind: "moduleName", name: "hash.test.mts", export: "a.b" });
  assert.deepEqual(hintOfText("bash tool.sh -x {item}"), { kind: "command", words: ["bash", "tool.sh", "-x", "{item}"], cwd: null });
  assert.equal(hintOfText("(x) => x * 2"), null);
  assert.equal(hintOfText(""), null);
});

test("options, placeholders and patterns are no files", () => {
  assert.deepEqual(fileWords(["node", "--import", "tool.js", "{item}", "*.ts", ">", "-"]), ["node", "tool.js"]);
});
