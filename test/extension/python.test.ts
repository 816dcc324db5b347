import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RunList } from "../../extension/runs/run-list.js";
import { FakeModel, FakeServer } from "./runs/fake-server.js";
import { choosePython, namesPython } from "../../extension/python/choose-python.js";

const known = (changes: Partial<Parameters<typeof choosePython>[1]> = {}) => ({
  setting: "",
  isConfigured: () => false,
  active: async () => "/active/bin/python",
  ...changes,
});

describe("the interpreter of a run in the editor", () => {
  test("is the setting's, else that of polyproc.json, else the active environment's, else the server's", async () => {
    const setting = "/said/bin/python";
    assert.equal(await choosePython("/w/a.py", known({ setting, isConfigured: () => true })), setting);
    assert.equal(await choosePython("/w/a.py", known({ isConfigured: () => true })), undefined);
    assert.equal(await choosePython("/w/a.py", known()), "/active/bin/python");
    assert.equal(await choosePython("/w/a.py", known({ active: async () => undefined })), undefined);
  });

  test("is not named for other languages", async () => {
    assert.equal(await choosePython("/w/a.ts", known({ setting: "/said/bin/python" })), undefined);
  });

  test("is that of polyproc.json only if the file names the runtime python", () => {
    assert.ok(namesPython('{"runtimes": {"python": {"command": "python3.13"}}}'));
    assert.ok(!namesPython('{"runtimes": {"perl": {"command": "perl"}}}'));
    assert.ok(!namesPython("{"));
  });

  test("is asked for at each run", async (t) => {
    const server = new FakeServer();
    const active = ["/one/bin/python", undefined];
    const runs = new RunList({
      server,
      model: new FakeModel(),
      defaults: () => ({}),
      interpreterOf: async (module) => (module === "/w/count.py" ? active.shift() : "/never"),
      onFault: (fault) => assert.fail(String(fault)),
    });
    t.after(() => {
      runs.dispose();
      server.rpc?.close();
    });
    const target = { module: "/w/count.py", export: "count" };
    const run = await runs.start({
      name: "count",
      target,
      items: [{ value: "/w/0.txt", label: "0.txt", file: "/w/0.txt" }],
      options: {},
      origin: "command",
    });
    assert.deepEqual(server.rpc!.runs.get(run.id)!.spec.target, { ...target, interpreter: "/one/bin/python" });
    const again = await runs.again(run);
    assert.deepEqual(server.rpc!.runs.get(again.id)!.spec.target, target);
  });
});
