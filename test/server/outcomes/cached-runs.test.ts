import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { RunInfo } from "../../../protocol/run.js";
import type { CommandTarget, ModuleTarget } from "../../../protocol/target.js";
import { run as commandLine, words } from "../../cli/polyproc.js";
import { patienceMs, waitFor, within } from "../../deadline.js";
import { RunReader } from "../../faults/run-reader.js";
import { setStage, type Stage } from "../../faults/stage.js";
import { temporaryFolder } from "../../temporary-folder.js";

/** A folder with a module and files, and what ran of it. */
function project(t: TestContext) {
  const cwd = temporaryFolder(t);
  const path = (name: string) => join(cwd, name);
  const write = (name: string, text: string) => writeFileSync(path(name), text);
  write("k.mjs", 'export const k = "1";\n');
  write(
    "f.mjs",
    `import { appendFileSync, readFileSync } from "node:fs";
import { k } from "./k.mjs";
export function f(file) {
  appendFileSync(${JSON.stringify(path("ran"))}, file + "\\n");
  console.error("reads " + file);
  return k + readFileSync(file, "utf8");
}
export const odd = () => new Set([1]);
`,
  );
  const ran = () => {
    if (!existsSync(path("ran"))) return "";
    const lines = readFileSync(path("ran"), "utf8").trim().split("\n").sort();
    rmSync(path("ran"));
    return lines.join(" ");
  };
  const target: ModuleTarget = { module: path("f.mjs"), export: "f" };
  return { cwd, path, write, ran, target, cache: { dir: path("cache") } };
}

/** Runs it to its end. `rows`: of each item its state or value, `*` if it was replayed, and why if not. */
async function runAll(reader: RunReader, spec: object) {
  const { run } = await reader.start(spec);
  const entries = await within(reader.readAll(run), "the outcomes");
  const info = await reader.status(run);
  const rows = [...entries.values()]
    .sort((a, b) => a.index - b.index)
    .map(({ state, value, cached, notCached, pid, startedAt }) => {
      assert.equal(cached === true, pid === 0 && startedAt === null);
      const shown = typeof value === "object" ? (value as unknown as { stdout: string }).stdout : (value ?? state);
      return `${cached ? "*" : ""}${shown as string}${notCached === undefined ? "" : ` (${notCached})`}`;
    });
  const output = async (index: number) =>
    (await reader.ask<{ lines: { text: string }[] }>("run/output", { run, index })).lines.map(({ text }) => text);
  return { rows, info, output };
}

async function opened(t: TestContext): Promise<{ stage: Stage; reader: RunReader }> {
  const stage = await setStage(t);
  const reader = await RunReader.open(stage);
  t.after(() => reader.close());
  return { stage, reader };
}

test("a second run replays functions with what they wrote, until a file or a module has changed", async (t) => {
  const { cwd, path, write, ran, target, cache } = project(t);
  const { stage, reader } = await opened(t);
  write("a", "A");
  write("b", "B");
  const spec = { target, cwd, cache, items: ["a", "b"], processes: 1 };
  const first = await runAll(reader, spec);
  assert.deepEqual([first.rows, first.info.cached, ran()], [["1A", "1B"], 0, "a b"]);
  const second = await runAll(reader, spec);
  assert.deepEqual([second.rows, second.info.cached, ran()], [["*1A", "*1B"], 2, ""]);
  assert.deepEqual(await second.output(1), ["reads b"]);
  assert.deepEqual(await stage.living(), []);
  write("b", "C");
  const third = await runAll(reader, spec);
  assert.deepEqual([third.rows, ran()], [["*1A", `1C (${path("b")} changed)`], "b"]);
  write("k.mjs", 'export const k = "2";\n');
  const fourth = await runAll(reader, spec);
  assert.deepEqual(fourth.rows, [`2A (${path("k.mjs")} changed)`, `2C (${path("k.mjs")} changed)`]);
  assert.equal((await runAll(reader, { ...spec, cache: undefined })).info.cached, undefined);
  assert.equal(ran(), "a a b b", "without cache every item runs");
});

test("env and inputs count; failures, private values and cut output are not kept", async (t) => {
  const { cwd, path, write, cache } = project(t);
  const { reader } = await opened(t);
  write("config", "1");
  const script = 'test "$1" != bad && echo "$K $1"';
  const target: CommandTarget = { command: "sh", args: ["-c", script, "sh", "{item}"], cwd, env: { K: "1", L: "1" } };
  const spec = { target, cache: { ...cache, env: ["K"], inputs: ["conf*"] }, items: ["x", "bad"] };
  assert.deepEqual((await runAll(reader, spec)).rows, ["1 x\n", "failed"]);
  const again = await runAll(reader, { ...spec, target: { ...target, env: { K: "1", L: "2" } } });
  assert.deepEqual(again.rows, ["*1 x\n", "failed"]);
  assert.deepEqual(await again.output(0), ["1 x"]);
  const other = await runAll(reader, { ...spec, target: { ...target, env: { K: "2" } } });
  assert.deepEqual(other.rows, ["2 x\n ($K changed)", "failed"]);
  write("config", "2");
  assert.deepEqual((await runAll(reader, spec)).rows, [`1 x\n (${path("config")} changed, $K changed)`, "failed"]);
  const missing = await runAll(reader, { ...spec, cache: { ...cache, inputs: ["nope*"] }, items: ["x"] });
  assert.match(missing.rows[0]!, /^1 x\n \(no file matches "nope\*" in /);
  const privately = { target: { module: path("f.mjs"), export: "odd" }, cwd, cache, items: ["x"] };
  await runAll(reader, privately);
  assert.equal((await runAll(reader, privately)).info.cached, 0);
  for (const odd of ["head -c 3000 /dev/zero | tr '\\0' a", "printf '\\377'"]) {
    const items = ["y"];
    const strange = { target: { command: "sh", args: ["-c", odd, "{item}"], cwd, maxOutputBytes: 1000 }, cache, items };
    await runAll(reader, strange);
    assert.equal((await runAll(reader, strange)).info.cached, 0, odd);
  }
});

test("the command line replays what a run has kept, and a run what the command line has", async (t) => {
  const { cwd, write, target, cache, ran } = project(t);
  const { reader } = await opened(t);
  for (const name of ["a", "b"]) write(name, name);
  const map = async (args: string) =>
    (await commandLine(t, words(`map --cache --cache-dir cache ${args}`), { cwd })).stderr;
  const command = { target: { command: "cat", args: ["./{item}"], cwd }, cache };
  await runAll(reader, { ...command, items: ["a"] });
  assert.match(await map("a b -- cat ./{}"), /2 done \(1 from the cache\)/);
  assert.deepEqual((await runAll(reader, { ...command, items: ["b"] })).rows, ["*b"]);
  await runAll(reader, { target, cwd, cache, items: ["a"] });
  assert.match(await map("--module f.mjs --export f a b"), /2 done \(1 from the cache\)/);
  assert.deepEqual((await runAll(reader, { target, cwd, cache, items: ["b"] })).rows, ["*1b"]);
  assert.equal(ran(), "a b");
});

test("a server that is killed in the middle leaves no torn outcome, and the next one goes on from there", async (t) => {
  const { cwd, path, write, target, cache, ran } = project(t);
  const items = Array.from({ length: 60 }, (_, i) => `f${i}`);
  for (const item of items) write(item, item.repeat(1000));
  const spec = { target, cwd, cache, items, processes: 2 };
  const stage = await setStage(t);
  const reader = await RunReader.open(stage);
  await reader.start(spec);
  const outcomes = () => (existsSync(path("cache/outcomes")) ? readdirSync(path("cache/outcomes")) : []);
  await waitFor(() => outcomes().length > 5, { what: "some outcomes" });
  await stage.killServer();
  reader.close();
  const whole = outcomes().filter((name) => !name.endsWith(".tmp"));
  for (const name of whole) JSON.parse(readFileSync(path(`cache/outcomes/${name}`), "utf8"));
  ran();
  const next = await opened(t);
  const { rows, info } = await runAll(next.reader, spec);
  assert.deepEqual([info.done, info.cached], [60, whole.length]);
  assert.deepEqual(
    rows.map((row) => row.replace(/^\*/, "")),
    items.map((item) => `1${item.repeat(1000)}`),
  );
  assert.equal(ran().split(" ").length, 60 - whole.length);
});

test("a folder that cannot be used, a FIFO and a torn outcome are misses: the run goes on", async (t) => {
  const { cwd, path, write, cache } = project(t);
  const { reader } = await opened(t);
  execFileSync("mkfifo", [path("fifo")]);
  const spec = { target: { command: "echo", args: ["{item}"], cwd }, cache, items: ["fifo", "."] };
  assert.deepEqual((await runAll(reader, spec)).rows, [
    "fifo\n (fifo is no regular file, so its content cannot be compared)",
    ".\n (. is a folder, whose files are not looked at)",
  ]);
  const one = { ...spec, items: ["x"] };
  await runAll(reader, one);
  const [name] = readdirSync(path("cache/outcomes"));
  write(`cache/outcomes/${name}`, '{"value": {"$handle": "lock:s1.1"}, "ms": 1, "long": []}');
  assert.match((await runAll(reader, one)).rows[0]!, /^x\n/);
  rmSync(path("cache"), { recursive: true });
  write("cache", "a file");
  assert.match((await runAll(reader, one)).rows[0]!, /^x\n \(no outcome can be kept: .*cache/);
  rmSync(path("cache"));
  mkdirSync(path("cache"));
  await runAll(reader, one);
  assert.deepEqual((await runAll(reader, one)).rows, ["*x\n"]);
});

test("a run that is cancelled while a large file is read ends, and holds up no other run", async (t) => {
  const { cwd, path, write, cache } = project(t);
  const { reader } = await opened(t);
  write("large", "");
  // Reading so much takes longer than the test waits.
  truncateSync(path("large"), 200 * 2 ** 30);
  const { run } = await reader.start({
    target: { command: "true" },
    cache: { ...cache, inputs: [path("large")] },
    items: ["x"],
  });
  const large = await reader.start({ target: { command: "echo", cwd }, cache, items: ["large"] });
  for (const one of [run, large.run]) {
    await reader.ask("run/cancel", { run: one });
    const info = await reader.ask<RunInfo>("run/wait", { run: one }, patienceMs);
    assert.deepEqual([info.state, info.cancelled], ["cancelled", 1]);
  }
  const other = { target: { command: "echo", cwd }, cache, items: ["y"] };
  assert.deepEqual((await runAll(reader, other)).rows, ["y\n"]);
});

test("runs whose outcomes cannot be kept are refused", async (t) => {
  const { cache } = project(t);
  const { reader } = await opened(t);
  const refused = (spec: object, message: RegExp) =>
    assert.rejects(reader.start({ items: [1], cache, ...spec }), message);
  await refused({ target: { source: "(x) => x", runtime: "node" } }, /name a function of a module, or a command/);
  await refused({ target: { command: "true" }, cluster: "redis://127.0.0.1:1" }, /leave cache or cluster out/);
  await refused({ target: { command: "true" }, cache: { dir: "" } }, /cache/);
  assert.deepEqual(await reader.ask("run/list", {}), { runs: [] });
});
