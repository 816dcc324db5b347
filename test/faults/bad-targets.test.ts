import assert from "node:assert/strict";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { command, PolyprocError, SpawnFailed, TargetNotFound, task, type Process, type Runnable } from "polyproc";
import { within } from "../deadline.js";
import { temporaryFolder } from "../temporary-folder.js";
import { setStage, type Stage } from "./stage.js";
import * as tasks from "./tasks.js";

const meta = { url: new URL("./tasks.js", import.meta.url).href };

/** A wrong target, and what the error must say. `folder` holds the files below. */
interface Case {
  title: string;
  target: (folder: string) => Runnable;
  codeName: "TargetNotFound" | "SpawnFailed";
  says: RegExp;
  data?: Record<string, unknown>;
}

const files: Record<string, string> = {
  "empty.mjs": "",
  "names.mjs": "export const value = 3; export function right() {} export class Idle {}",
  "throws.mjs": "export function f() {}\nthrow new RangeError('out of sorts');",
  "throws-text.mjs": "throw 'just text';",
  "syntax.mjs": "export function f() {}\nexport function g() { return 1 +; }\n",
  "imports-missing.mjs": "import './nowhere.mjs'; export function f() {}",
  "imports-syntax.mjs": "import './syntax.mjs'; export function f() {}",
  "exits.mjs": "console.error('goodbye'); process.exit(9);",
  "kills.mjs": "process.kill(process.pid, 'SIGKILL'); for (;;);",
  "rejects.mjs": "await Promise.reject(new Error('too early')); export function f() {}",
  "syntax.cjs": "exports.f = () => { return ( };",
  "plain.txt": "no program",
  "no-interpreter": "#!/nowhere/interpreter\n",
};

const module = (name: string, exported?: string) => (folder: string) => ({
  module: join(folder, name),
  ...(exported === undefined ? {} : { export: exported }),
});
const program = (name: string) => (folder: string) => command(join(folder, name));

function spawnFails(title: string, errno: string, says: RegExp, target: Case["target"]): Case {
  return { title, target, codeName: "SpawnFailed", says, data: { errno } };
}

const cases: Case[] = [
  {
    title: "a module that does not exist",
    target: module("missing.mjs", "f"),
    codeName: "TargetNotFound",
    says: /module \S+missing\.mjs does not exist/,
  },
  {
    title: "a file: URL that does not exist",
    target: (folder) => ({ module: pathToFileURL(join(folder, "missing.mjs")).href, export: "f" }),
    codeName: "TargetNotFound",
    says: /module \S+missing\.mjs does not exist/,
  },
  {
    title: "a folder in the place of a module",
    target: (folder) => ({ module: join(folder, "folder.mjs"), export: "f" }),
    codeName: "TargetNotFound",
    says: /folder\.mjs is a folder/,
  },
  {
    title: "a relative path",
    target: () => ({ module: "tasks.mjs", export: "f" }),
    codeName: "TargetNotFound",
    says: /"tasks\.mjs": give its absolute path or its file: URL/,
  },
  {
    title: "a module without the export",
    target: module("names.mjs", "wrong"),
    codeName: "TargetNotFound",
    says: /names\.mjs does not export "wrong": it exports Idle, right, value/,
  },
  {
    title: "a module without any export",
    target: module("empty.mjs", "f"),
    codeName: "TargetNotFound",
    says: /empty\.mjs does not export "f": it exports nothing/,
  },
  {
    title: "a module without a default export",
    target: module("names.mjs"),
    codeName: "TargetNotFound",
    says: /does not export "default"/,
  },
  {
    title: "an export that is no function",
    target: module("names.mjs", "value"),
    codeName: "TargetNotFound",
    says: /export "value" of \S+names\.mjs is of type number, not a function or a class with run\(\)/,
  },
  {
    title: "a class without run",
    target: module("names.mjs", "Idle"),
    codeName: "TargetNotFound",
    says: /is a class without a run\(\) method/,
  },
  {
    title: "a module that throws while it is loaded",
    target: module("throws.mjs", "f"),
    codeName: "TargetNotFound",
    says: /throws\.mjs failed while it was loaded: RangeError: out of sorts\n.*throws\.mjs:2/s,
  },
  {
    title: "a module that throws text",
    target: module("throws-text.mjs", "f"),
    codeName: "TargetNotFound",
    says: /throws-text\.mjs failed while it was loaded: just text/,
  },
  {
    title: "a module whose top-level promise is rejected",
    target: module("rejects.mjs", "f"),
    codeName: "TargetNotFound",
    says: /rejects\.mjs failed while it was loaded: Error: too early/,
  },
  {
    title: "a syntax error",
    target: module("syntax.mjs", "f"),
    codeName: "TargetNotFound",
    says: /syntax error in \S+syntax\.mjs:2:33: Unexpected token ';'/,
  },
  {
    title: "a syntax error in CommonJS",
    target: module("syntax.cjs", "f"),
    codeName: "TargetNotFound",
    says: /syntax\.cjs.*Unexpected token '}'/s,
  },
  {
    title: "a syntax error in an imported module",
    target: module("imports-syntax.mjs", "f"),
    codeName: "TargetNotFound",
    says: /imports-syntax\.mjs.*Unexpected token ';'/s,
  },
  {
    title: "an imported module that does not exist",
    target: module("imports-missing.mjs", "f"),
    codeName: "TargetNotFound",
    says: /imports-missing\.mjs failed while it was loaded:.*nowhere\.mjs/s,
  },
  {
    title: "source text that is no function",
    target: () => ({ source: "1 + 1", runtime: "node" }),
    codeName: "TargetNotFound",
    says: /the source text is not a function but of type number/,
  },
  {
    title: "source text with a syntax error",
    target: () => ({ source: "() => { return 1 +; }", runtime: "node" }),
    codeName: "TargetNotFound",
    says: /the source text is not a JavaScript function/,
  },
  {
    title: "a module whose ending says nothing",
    target: (folder) => ({ module: join(folder, "job.cobol"), export: "f" }),
    codeName: "TargetNotFound",
    says: /cannot tell the runtime of \S+job\.cobol by its ending: name it/,
  },
  {
    title: "a runtime that is not there",
    target: (folder) => ({ module: join(folder, "job.cobol"), export: "f", runtime: "cobol" }),
    codeName: "TargetNotFound",
    says: /there is no runtime "cobol" here, only node/,
  },
  spawnFails("a command that is not found", "ENOENT", /no-such-program-anywhere/, () =>
    command("no-such-program-anywhere"),
  ),
  spawnFails("a command's path that does not exist", "ENOENT", /missing/, program("missing")),
  spawnFails("a command that is not executable", "EACCES", /plain\.txt/, program("plain.txt")),
  spawnFails("a command whose interpreter is missing", "ENOENT", /no-interpreter/, program("no-interpreter")),
  spawnFails("a folder in the place of a command", "EACCES", /folder\.mjs/, program("folder.mjs")),
  spawnFails("a command in a folder that does not exist", "ENOENT", /working directory|folder/, (folder) =>
    command("true", [], { cwd: join(folder, "missing") }),
  ),
];

function makeFiles(t: { after(clean: () => void): void }): string {
  const folder = temporaryFolder(t);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  chmodSync(join(folder, "no-interpreter"), 0o755);
  mkdirSync(join(folder, "folder.mjs"));
  return folder;
}

function check(error: unknown, { codeName, says, data = {} }: Case): true {
  assert.ok(error instanceof PolyprocError, String(error));
  assert.equal(error.codeName, codeName, error.message);
  assert.ok(error instanceof (codeName === "SpawnFailed" ? SpawnFailed : TargetNotFound));
  assert.match(error.message, says);
  for (const [key, value] of Object.entries(data)) assert.equal(error.data[key], value);
  return true;
}

/** How many worker hosts and commands were started, and have ended. */
async function ended(stage: Stage): Promise<number> {
  const { processes } = await stage.watcher.connection.request("process/list", { scope: "all", ended: true });
  return processes.filter(({ state }) => state === "exited").length;
}

test("in a pool, a target that cannot be run fails its tasks at once, and costs no worker", async (t) => {
  const stage = await setStage(t);
  const folder = makeFiles(t);
  const pool = new stage.mp.Pool(2);
  for (const one of cases) {
    await t.test(one.title, async () => {
      const before = await ended(stage);
      const target = one.target(folder) as never;
      await assert.rejects(within(pool.apply(target, [], { retries: 5 }), one.title), (error) => check(error, one));
      const results = await within(
        pool.map(target, [1, 2, 3] as never[], { chunkSize: 1, returnExceptions: true }),
        one.title,
      );
      for (const result of results) check(result, one);
      // Four tasks, of which none is tried again.
      if (one.codeName === "TargetNotFound") assert.equal(await ended(stage), before);
      else assert.ok((await ended(stage)) <= before + 4);
    });
  }
  assert.equal(await within(pool.apply(task(meta, tasks.double), [4]), "the pool goes on"), 8);
});

test("a module that exits while it is loaded fails its own tasks alone, without a crash loop", async (t) => {
  const stage = await setStage(t);
  const folder = makeFiles(t);
  const pool = new stage.mp.Pool(2);
  for (const [file, codeName, says, signal] of [
    ["exits.mjs", "TargetNotFound", /exits\.mjs ended its process \(exit code 9\) while it was loaded/, undefined],
    ["kills.mjs", "WorkerLost", /SIGKILL/, "SIGKILL"],
  ] as const) {
    const results = await within(
      pool.map({ module: join(folder, file), export: "f" } as never, [1, 2, 3] as never[], {
        chunkSize: 1,
        returnExceptions: true,
      }),
      file,
    );
    for (const result of results as unknown[]) {
      assert.ok(result instanceof PolyprocError && result.codeName === codeName, String(result));
      assert.match(result.message, says);
      assert.equal(result.data["signal"], signal);
    }
  }
  assert.ok((await ended(stage)) <= 6);
  assert.equal(await within(pool.apply(task(meta, tasks.double), [4]), "the pool goes on"), 8);
});

test("an initializer that cannot run, throws, or exits fails the waiting tasks at once, with the reason", async (t) => {
  const stage = await setStage(t);
  const folder = makeFiles(t);
  for (const [name, initializer, codeName, says] of [
    [
      "missing",
      { module: join(folder, "missing.mjs"), export: "f" },
      "TargetNotFound",
      /initializer missing\.mjs#f failed: module \S+ does not exist/,
    ],
    ["throws", task(meta, tasks.fail), "TaskFailed", /initializer tasks\.js#fail failed: Error: on purpose/],
    [
      "exits",
      { module: join(folder, "exits.mjs"), export: "f" },
      "WorkerLost",
      /exited with code 9 before it was ready; it last wrote: goodbye/,
    ],
  ] as const) {
    const before = await ended(stage);
    const pool = new stage.mp.Pool(2, { initializer: initializer as never });
    const results = await within(
      pool.map(task(meta, tasks.double), [1, 2, 3, 4], { chunkSize: 1, returnExceptions: true }),
      name,
    );
    for (const result of results) {
      assert.ok(result instanceof PolyprocError && result.codeName === codeName, String(result));
      assert.match(result.message, says);
    }
    await pool.terminate();
    assert.ok((await ended(stage)) - before <= 6, `${(await ended(stage)) - before} workers were started`);
  }
});

test("a Process rejects start if its command cannot start, and exits with 1 if its function is missing", async (t) => {
  const stage = await setStage(t);
  const folder = makeFiles(t);
  for (const one of cases) {
    await t.test(one.title, async () => {
      const child: Process = new stage.mp.Process({ target: one.target(folder) });
      const started = await within(child.start(), one.title).then(
        () => null,
        (error: unknown) => error,
      );
      if (started !== null) {
        check(started, one);
        assert.equal(await child.isAlive(), false);
        return;
      }
      assert.equal(one.codeName, "TargetNotFound");
      await within(child.join(), `the end of ${one.title}`);
      assert.equal(child.exitCode, 1);
      const { lines } = await stage.mp.connection.request("process/output", { process: child.handle });
      const text = lines.map((line) => line.text).join("\n");
      assert.match(text, one.says);
      assert.match(text, /^Process-\d+:\nTargetNotFound: /);
      const { reason } = await stage.mp.connection.request("process/status", { process: child.handle });
      assert.match(reason!, one.says);
    });
  }
});
