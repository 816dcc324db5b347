import assert from "node:assert/strict";
import { test } from "node:test";
import { aboutOf, chosenRows, processesOf } from "../../../extension/views/actions/chosen.js";
import { known, poolInfo, processInfo, sessionInfo } from "./fake-model.js";

test("a command is for the selected rows; without a selection, for the clicked one", () => {
  assert.deepEqual(chosenRows("a", ["a", "b"]), ["a", "b"]);
  assert.deepEqual(chosenRows("a", undefined), ["a"]);
  assert.deepEqual(chosenRows("a", []), ["a"]);
  assert.deepEqual(chosenRows(undefined, undefined), []);
  assert.deepEqual(chosenRows({ scheme: "file" }, 3), []);
});

test("a handle stands for itself, a row for its object", () => {
  const model = known({ processes: [processInfo("a")], pools: [poolInfo("s1.1")] });
  const nodes = () => undefined;
  assert.deepEqual(aboutOf("process:a", nodes, model), { kind: "process", process: "process:a" });
  assert.deepEqual(aboutOf("pool:s1.1", nodes, model), { kind: "pool", pool: "pool:s1.1" });
  assert.deepEqual(aboutOf("process:gone", nodes, model), { kind: "nothing" });
});

test("a party of a deadlock stands for its process, if it has one", () => {
  const model = known({
    processes: [processInfo("a")],
    sessions: [sessionInfo("s1"), sessionInfo("s2", { process: "process:a" })],
  });
  const party = (session: string | null) =>
    processesOf(
      [
        { kind: "deadlock", deadlock: "d1", session },
        { kind: "process", process: "process:a" },
      ],
      model,
    ).map((process) => process.process);
  assert.deepEqual(party("s2"), ["process:a"]);
  assert.deepEqual(party("s1"), ["process:a"]);
  assert.deepEqual(processesOf([{ kind: "deadlock", deadlock: "d1", session: null }], model), []);
});
