import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { packPython, type PythonArchives } from "../../packaging/wheel.js";
import { temporaryFolder } from "../temporary-folder.js";
import { needs } from "../tools/needs.js";
import { run } from "./packed.js";

const program = `
import os, sys
import polyproc

def square(n):
    return n * n

if __name__ == "__main__":
    with polyproc.Pool(2) as pool:
        print(pool.map(square, [1, 2, 3]))
`;

describe("the Python archives, installed by pip where nothing else of Polyproc is", needs("python3 with pip"), () => {
  const folder = temporaryFolder({ after });
  const home = join(folder, "home");
  // No npm, and no polyproc of the machine: only Node.
  const env = { HOME: home, TMPDIR: folder, PATH: ["/usr/bin", "/bin"].join(":"), POLYPROC_NODE: process.execPath };
  let archives: PythonArchives;
  before(async () => {
    mkdirSync(home);
    archives = await packPython(folder);
  });

  for (const kind of ["wheel", "sdist"] as const) {
    it(`bring the server: the ${kind}`, async () => {
      const venv = join(folder, kind);
      await run("python3", ["-m", "venv", venv]);
      const python = join(venv, "bin", "python");
      const pip = ["-m", "pip", "install", "--no-index", "--no-build-isolation", "--disable-pip-version-check", "-q"];
      await run(python, [...pip, archives[kind]], { env });
      writeFileSync(join(venv, "squares.py"), program);
      const { stdout, stderr } = await run(python, ["squares.py"], { cwd: venv, env });
      assert.equal(stderr, "");
      assert.equal(stdout, "[1, 4, 9]\n");
      const where = "from polyproc._server.server import find_server; print(find_server())";
      const { stdout: server } = await run(python, ["-c", where], { cwd: venv, env });
      assert.match(server, /site-packages\/polyproc\/_node\/dist\/server\.cjs\n$/);
      const bundle = dirname(dirname(server.trim()));
      assert.match(readFileSync(join(bundle, "NOTICES.txt"), "utf8"), /^msgpackr \d/m);
      assert.ok(existsSync(join(bundle, "protocol", "generated", "schema.json")), "for server/protocol");
    });
  }

  it("say nothing of files beside them: the page of the wheel has no relative link", async () => {
    const { stdout } = await run("python3", ["-m", "zipfile", "-l", archives.wheel]);
    const metadata = /polyproc-[\d.]+\.dist-info\/METADATA/.exec(stdout)![0];
    const read = "import sys, zipfile; print(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]).decode())";
    const { stdout: page } = await run("python3", ["-c", read, archives.wheel, metadata]);
    assert.doesNotMatch(page, /\]\((?!https:)/);
    assert.match(page, /^# polyproc$/m);
  });
});
