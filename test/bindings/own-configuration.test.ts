import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { pathToFileURL } from "node:url";
import { runProgram } from "../examples/run-example.js";
import { compiled } from "../fixture.js";
import { temporaryFolder } from "../temporary-folder.js";
import { pythonEnvironment } from "./python/run-python.js";
import { needs } from "../tools/needs.js";

/** A folder with a configuration whose `node` leaves a file when it is run. */
function configuredFolder(t: TestContext): { folder: string; wasUsed(): boolean } {
  const folder = join(temporaryFolder(t), "downloaded");
  mkdirSync(folder);
  writeFileSync(join(folder, "polyproc.json"), '{"runtimes": {"node": {"command": "./node.sh"}}}');
  writeFileSync(join(folder, "node.sh"), `#!/bin/sh\n: > "${folder}/used"\nexec "${process.execPath}" "$@"\n`);
  chmodSync(join(folder, "node.sh"), 0o755);
  return { folder, wasUsed: () => existsSync(join(folder, "used")) };
}

const binding = pathToFileURL(compiled("bindings/typescript/index")).href;
const tools = [
  {
    language: "TypeScript",
    name: "tool.mjs",
    program: process.execPath,
    env: {},
    skip: false as string | false,
    text:
      `import { Pool } from "${binding}";\nconsole.log(await new Pool(1).apply({ source: "(n) => n + 1", ` +
      `runtime: "node" }, [41]));\n`,
  },
  {
    language: "Python",
    name: "tool.py",
    program: "python3",
    env: pythonEnvironment,
    skip: needs("python3").skip,
    text:
      'import polyproc\nif __name__ == "__main__":\n' +
      '    print(polyproc.Pool(1).apply(polyproc.Target(source="(n) => n + 1", runtime="node"), (41,)))\n',
  },
];

for (const { language, name, program, env, skip, text } of tools) {
  const run = (cwd: string, tool: string, more: Record<string, string> = {}) =>
    runProgram(program, [tool], { cwd, env: { POLYPROC_ADDRESS: "", ...env, ...more } });

  test(
    `a ${language} tool that is run in another folder does not use that folder's configuration, and says so`,
    { skip },
    async (t) => {
      const { folder, wasUsed } = configuredFolder(t);
      const tool = join(temporaryFolder(t), name);
      writeFileSync(tool, text);
      const { lines, stderr } = await run(folder, tool);
      assert.deepEqual(lines, ["42"], stderr);
      assert.match(stderr, /polyproc\.json is not used/);
      assert.ok(!wasUsed());
      const named = await run(folder, tool, { POLYPROC_CONFIG: join(folder, "polyproc.json") });
      assert.deepEqual(named.lines, ["42"], named.stderr);
      assert.ok(wasUsed());
    },
  );

  test(
    `a ${language} program uses the configuration of its own folder, unless others can write there`,
    { skip },
    async (t) => {
      const { folder, wasUsed } = configuredFolder(t);
      const tool = join(folder, "src", name);
      mkdirSync(dirname(tool));
      writeFileSync(tool, text);
      chmodSync(folder, 0o777);
      const shared = await run(folder, tool);
      assert.deepEqual(shared.lines, ["42"], shared.stderr);
      assert.match(shared.stderr, /polyproc\.json is not used/);
      assert.ok(!wasUsed());
      chmodSync(folder, 0o755);
      const { lines, stderr } = await run(folder, tool);
      assert.deepEqual(lines, ["42"], stderr);
      assert.equal(stderr, "");
      assert.ok(wasUsed());
      rmSync(join(folder, "polyproc.json"));
    },
  );
}
