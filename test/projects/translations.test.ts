import assert from "node:assert/strict";
import { createRequire } from "node:module";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { Translations } from "../../bindings/typescript/host/typescript/translations.js";
import { run } from "../cli/polyproc.js";
import { temporaryFolder } from "../temporary-folder.js";
import { makeProject, projects } from "./project.js";

/** A project whose only compiler is TypeScript, and the folder of its user's cache. */
function makeCached(t: TestContext): { folder: string; cache: string; kept: string } {
  const parent = temporaryFolder(t);
  const cache = join(parent, "cache");
  const folder = makeProject(t, "commonjs", "typescript", parent);
  return { folder, cache, kept: join(cache, "polyproc", "typescript") };
}

async function map(t: TestContext, folder: string, cache: string, env: NodeJS.ProcessEnv = {}) {
  const { module, export: name } = projects.commonjs;
  const { status, stdout, stderr } = await run(
    t,
    ["map", "-j", "1", "--quiet", "--module", module, "--export", name, "a.txt"],
    { cwd: folder, env: { XDG_CACHE_HOME: cache, ...env } },
  );
  return { status, stdout, stderr };
}

function works({ status, stdout, stderr }: { status: unknown; stdout: string; stderr: string }): void {
  assert.equal(status, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), projects.commonjs.result);
}

/** Puts a TypeScript of the same version there that cannot be loaded. */
function breakCompiler(folder: string): void {
  const compiler = join(folder, "node_modules/typescript");
  const { version } = createRequire(join(folder, "_"))("typescript/package.json") as { version: string };
  rmSync(compiler, { recursive: true });
  mkdirSync(compiler);
  writeFileSync(join(compiler, "package.json"), JSON.stringify({ name: "typescript", version, main: "main.js" }));
  writeFileSync(join(compiler, "main.js"), 'throw new Error("the compiler was loaded");\n');
}

function keptFiles(kept: string): string[] {
  return readdirSync(kept).flatMap((week) => readdirSync(join(kept, week)).map((name) => join(kept, week, name)));
}

test("a worker that finds its files translated does not load the project's TypeScript", async (t) => {
  const { folder, cache, kept } = makeCached(t);
  works(await map(t, folder, cache));
  assert.ok(keptFiles(kept).length >= 2);
  breakCompiler(folder);
  works(await map(t, folder, cache));
  appendFileSync(join(folder, projects.commonjs.module), "\n// Changed.\n");
  assert.match((await map(t, folder, cache)).stderr, /the compiler was loaded/);
});

test("what a stop of the machine left of a kept file is not used", async (t) => {
  const { folder, cache, kept } = makeCached(t);
  works(await map(t, folder, cache));
  for (const file of keptFiles(kept)) truncateSync(file, 100);
  works(await map(t, folder, cache));
  breakCompiler(folder);
  works(await map(t, folder, cache));
});

test("a folder that others can write to is not used, nor any with NODE_DISABLE_COMPILE_CACHE", async (t) => {
  const { folder, cache, kept } = makeCached(t);
  works(await map(t, folder, cache, { NODE_DISABLE_COMPILE_CACHE: "1" }));
  assert.ok(!existsSync(kept));
  works(await map(t, folder, cache));
  breakCompiler(folder);
  const disabled = await map(t, folder, cache, { NODE_DISABLE_COMPILE_CACHE: "1" });
  assert.match(disabled.stderr, /the compiler was loaded/);
  if (process.getuid) {
    chmodSync(kept, 0o777);
    assert.match((await map(t, folder, cache)).stderr, /the compiler was loaded/);
  }
});

test("a cache that cannot be written is done without", async (t) => {
  const { folder, cache } = makeCached(t);
  writeFileSync(cache, "a file where the folder should be");
  works(await map(t, folder, cache));
  assert.equal(readFileSync(cache, "utf8"), "a file where the folder should be");
});

test("translations that were not read for two weeks are removed", (t) => {
  const before = process.env["XDG_CACHE_HOME"];
  process.env["XDG_CACHE_HOME"] = temporaryFolder(t);
  t.after(() => {
    if (before === undefined) delete process.env["XDG_CACHE_HOME"];
    else process.env["XDG_CACHE_HOME"] = before;
  });
  const week = 7 * 24 * 60 * 60 * 1000;
  const at = (weeks: number, name: string) => {
    let isNew = false;
    const code = new Translations(weeks * week).of([name], () => {
      isNew = true;
      return `// ${name}\n`;
    });
    assert.equal(code, `// ${name}\n`);
    return isNew;
  };
  assert.deepEqual([at(100, "used"), at(100, "left")], [true, true]);
  assert.equal(at(101, "used"), false);
  assert.equal(at(102, "used"), false);
  assert.equal(at(102, "left"), true);
  assert.deepEqual(readdirSync(join(process.env["XDG_CACHE_HOME"], "polyproc/typescript")).sort(), ["101", "102"]);
});
