import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { connect } from "../../../bindings/typescript/index.js";
import { noServer, run } from "../../cli/polyproc.js";
import { startUnixServer } from "../../server/server-process.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { needs } from "../../tools/needs.js";

/** Two projects, each with an environment that has a package of its own of the same name. */
describe("a Python function runs in its project's environment", needs("python3 with venv"), () => {
  const folder = realpathSync(temporaryFolder({ after }));
  const project = (name: string) => join(folder, name);
  const python = (name: string) => join(project(name), ".venv", "bin", "python");
  const module = (name: string) => join(project(name), "src", "words.py");

  before(() => {
    for (const name of ["one", "two"]) {
      execFileSync("python3", ["-m", "venv", "--without-pip", join(project(name), ".venv")]);
      const lib = join(project(name), ".venv", "lib");
      writeFileSync(join(lib, readdirSync(lib)[0]!, "site-packages", "house.py"), `NAME = "${name}"\n`);
      mkdirSync(join(project(name), "src"));
      writeFileSync(
        module(name),
        "import sys\nimport house\n\n\ndef where(item):\n    return [house.NAME, sys.prefix, item]\n",
      );
    }
  });

  it("on the command line, without being told", async (t) => {
    const args = ["map", "--json", "--module", module("one"), "--export", "where", "item"];
    const { status, stdout, stderr } = await run(t, args, { cwd: folder, env: noServer });
    assert.equal(status, 0, stderr);
    assert.deepEqual(JSON.parse(stdout).value, ["one", join(project("one"), ".venv"), "item"]);
  });

  it("on the command line in another one, if it is told", async (t) => {
    const args = ["map", "--json", "--module", module("one"), "--export", "where"];
    const { status, stdout, stderr } = await run(t, [...args, "--interpreter", python("two"), "item"], {
      cwd: folder,
      env: noServer,
    });
    assert.equal(status, 0, stderr);
    assert.deepEqual(JSON.parse(stdout).value, ["two", join(project("two"), ".venv"), "item"]);
    const wrong = await run(t, [...args, "--interpreter", join(folder, "no-python"), "item"], {
      cwd: folder,
      env: noServer,
    });
    assert.equal(wrong.status, 1);
    assert.match(wrong.stderr, /no-python/);
  });

  it("in one pool for the functions of several projects, and the pool shows both", async (t) => {
    const { path } = await startUnixServer(t);
    const client = await connect(`unix:${path}`);
    t.after(() => client.close());
    const pool = new client.Pool(2);
    const values = await Promise.all(
      ["one", "two"].map((name) => pool.apply({ module: module(name), export: "where" }, [name])),
    );
    assert.deepEqual(values, [
      ["one", join(project("one"), ".venv"), "one"],
      ["two", join(project("two"), ".venv"), "two"],
    ]);
    const { pools } = await client.connection.request("pool/list", {});
    assert.deepEqual(pools[0]!.interpreters, [python("one"), python("two")]);
    await pool.terminate();
  });

  it("unless the server was told its interpreter", async (t) => {
    const configuration = join(temporaryFolder(t), "polyproc.json");
    writeFileSync(configuration, JSON.stringify({ runtimes: { python: { command: python("two") } } }));
    const { path } = await startUnixServer(t, ["--config", configuration]);
    const client = await connect(`unix:${path}`);
    t.after(() => client.close());
    const pool = new client.Pool(1);
    assert.deepEqual(await pool.apply({ module: module("one"), export: "where" }, [1]), [
      "two",
      join(project("two"), ".venv"),
      1,
    ]);
    await pool.terminate();
  });
});
