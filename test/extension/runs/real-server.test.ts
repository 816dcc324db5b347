import assert from "node:assert/strict";
import { existsSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Run, RunRequest } from "../../../extension/runs/run.js";
import { ProblemBook } from "../../../extension/diagnostics/problem-book.js";
import { errorName } from "../../../protocol/errors.js";
import type { CommandResult, Target } from "../../../protocol/target.js";
import { waitFor, within } from "../../deadline.js";
import { startUnixServer } from "../../server/server-process.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { openWindow } from "./real-server.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const states = (run: Run) => run.rows.map(({ state }) => state);

function request(target: Target, values: readonly unknown[], options: RunRequest["options"] = {}): RunRequest {
  return {
    name: "work",
    target,
    items: values.map((value) => ({ value, label: String(value), file: null })),
    options,
    origin: "command",
  };
}

function sh(script: string): Target {
  return { command: "sh", args: ["-c", script, "sh", "{item}"] };
}

/** Modules that cannot be loaded, each with the line that is marked and with the message. */
const unloadable: Record<string, { source: string; line: number; says: RegExp }> = {
  "syntax.mjs": {
    source: "export function f(x) {\n  return x +;\n}\n",
    line: 2,
    says: /^syntax error in .*syntax\.mjs:2:\d+: Unexpected token ';'$/,
  },
  "syntax.cjs": { source: "exports.f = (x) => {\n  return x +;\n};\n", line: 2, says: /Unexpected token ';'/ },
  "throws.mjs": {
    source: "export function f(x) {}\n\nthrow new Error('not today');\n",
    line: 3,
    says: /throws\.mjs failed while it was loaded: Error: not today$/,
  },
  "imports.mjs": {
    source: "import fs from 'node:fs';\nimport { g } from './nowhere.mjs';\nexport function f(x) {}\n",
    line: 2,
    says: /Cannot find module .*nowhere\.mjs/,
  },
  "package.mjs": {
    source: "\nimport pad from 'no-such-package';\nexport function f(x) {}\n",
    line: 2,
    says: /Cannot find package 'no-such-package'/,
  },
  "requires.cjs": {
    source: "\n\nconst x = require('./nowhere');\nexports.f = () => {};\n",
    line: 3,
    says: /Cannot find module '\.\/nowhere'/,
  },
  "missing.mjs": { source: "\nexport function other(x) {}\n", line: 1, says: /does not export "f": it exports other/ },
  "throws.py": { source: "def f(x):\n    pass\n\n1 / 0\n", line: 4, says: /ZeroDivisionError: division by zero$/ },
  "syntax.py": { source: "def f(x):\n    return x +\n", line: 2, says: /SyntaxError: invalid syntax/ },
  "imports.py": { source: "\nimport no_such_module\n\ndef f(x): pass\n", line: 2, says: /No module named/ },
  "missing.py": { source: "def other(x): pass\n", line: 1, says: /has no 'f'; it has other/ },
};

describe("runs at a real server", () => {
  test("a module that cannot be loaded: one problem at its line, and the run stops", async (t) => {
    const folder = temporaryFolder(t);
    const { path } = await startUnixServer(t);
    const { runs } = await openWindow(t, path);
    for (const [name, { source, line, says }] of Object.entries(unloadable)) {
      const module = join(folder, name);
      writeFileSync(module, source);
      const run = await runs.start(
        request(
          { module, export: "f" },
          Array.from({ length: 30 }, (_, index) => index),
          { processes: 2 },
        ),
      );
      await within(run.whenEnded, `the end of ${name}`);
      assert.equal(run.info.state, "halted", name);
      assert.ok(run.info.failed >= 1 && run.info.failed <= 2, `${name}: ${run.info.failed} failed`);
      assert.equal(run.info.cancelled, 30 - run.info.failed, name);
      const book = new ProblemBook((file) => readFileSync(file, "utf8"));
      assert.deepEqual(book.update(run, [...run.rows.keys()]), new Set([module]), name);
      const problems = [...book.of(new Set([module])).values()].flat();
      assert.deepEqual([problems.length, problems[0]!.line + 1], [1, line], name);
      assert.match(problems[0]!.message, says);
    }
  });

  test("a function runs in the folder and the environment of its request, also in a run that was found", async (t) => {
    const folder = realpathSync(temporaryFolder(t));
    const module = join(folder, "m.mjs");
    writeFileSync(module, "export const where = (name) => [process.cwd(), process.env[name] ?? null];\n");
    const { path } = await startUnixServer(t);
    const { runs } = await openWindow(t, path);
    const surroundings = { cwd: folder, env: { COLUMNS: "97", PATH: null } };
    const run = await runs.start({
      ...request({ module, export: "where" }, ["COLUMNS", "PATH", "HOME"]),
      ...surroundings,
    });
    await within(run.whenEnded, "the run's end");
    const values = run.rows.map(({ value }) => value);
    assert.deepEqual(values, [
      [folder, "97"],
      [folder, null],
      [folder, process.env["HOME"] ?? null],
    ]);
    const { runs: others } = await openWindow(t, path);
    const found = await waitFor(() => others.all[0]);
    const { cwd, env } = found.request;
    assert.deepEqual({ cwd, env }, surroundings);
  });

  test("a run with a cache replays rows with their output; selected rows that are done run again", async (t) => {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, "bad"), "");
    const script = `echo "about $1"; [ ! -e ${join(folder, "$1")} ]`;
    const { path } = await startUnixServer(t);
    const { runs } = await openWindow(t, path);
    const cache = { dir: join(folder, "cache") };
    const wrote: string[] = [];
    runs.onDidAdd((run) => run.onOutput((index, lines) => wrote.push(...lines.map(({ text }) => `${index} ${text}`))));
    const whole = async (run: Run) => {
      await within(run.whenEnded, "the run's end");
      return run.rows.map(({ state, cached, pid }) => `${state}${cached ? "*" : ""}${pid > 0 ? " ran" : ""}`);
    };
    const first = await runs.start(request(sh(script), ["x", "bad"], { cache }));
    assert.deepEqual(await whole(first), ["done ran", "failed ran"]);
    await waitFor(() => wrote.length === 2, { what: "its output" });
    wrote.length = 0;
    const second = await runs.again(first);
    assert.deepEqual(await whole(second), ["done*", "failed ran"]);
    await waitFor(() => wrote.length === 2, { what: "the output of both" });
    assert.deepEqual([...wrote].sort(), ["0 about x", "1 about bad"]);
    assert.deepEqual((await second.output(0)).lines, [{ stream: "stdout", text: "about x" }]);
    assert.equal(second.info.cached, 1);
    rmSync(join(folder, "bad"));
    assert.deepEqual(await whole(await runs.again(second, [1])), ["done ran"]);
    assert.deepEqual(await whole(await runs.again(second, [0])), ["done ran"]);
    const { runs: others } = await openWindow(t, path);
    const found = await waitFor(() => others.all.find(({ id }) => id === second.id));
    assert.deepEqual(found.request.options.cache, { ...cache, env: [] });
    assert.deepEqual(await whole(await others.again(found)), ["done*", "done*"]);
  });

  test("functions: results, failures with their stack, output, an outcome for each item", async (t) => {
    const folder = temporaryFolder(t);
    const module = join(folder, "m.mjs");
    writeFileSync(
      module,
      "export function half(n) {\n  console.log(`at ${n}`);\n  if (n % 2) throw new RangeError(`odd: ${n}`);\n" +
        "  return { half: n / 2 };\n}\n",
    );
    const { path } = await startUnixServer(t);
    const { runs } = await openWindow(t, path);
    const run = await runs.start(request({ module, export: "half" }, [2, 3, 4], { processes: 2 }));
    const written: string[] = [];
    run.onOutput((index, lines) => written.push(...lines.map(({ text }) => `${index}: ${text}`)));
    await within(run.whenEnded, "the run's end");
    assert.deepEqual(states(run), ["done", "failed", "done"]);
    assert.deepEqual(run.rows[0]!.value, { half: 1 });
    assert.deepEqual([run.info.done, run.info.failed, run.lost, run.info.endedAt !== null], [2, 1, false, true]);
    assert.deepEqual(await run.output(2), { lines: [{ stream: "stdout", text: "at 4" }], dropped: 0 });
    await waitFor(() => written.length === 3, { what: "three lines" });
    assert.deepEqual(written.sort(), ["0: at 2", "1: at 3", "2: at 4"]);
    const book = new ProblemBook(() => null);
    book.update(run, [0, 1, 2]);
    assert.deepEqual(
      [...book.of(new Set([module])).values()].flat().map(({ line, message }) => [line, message]),
      [[2, "RangeError: odd: 3 (for 3)"]],
    );
  });

  test("commands: exit codes and output", async (t) => {
    const { path } = await startUnixServer(t);
    const { runs } = await openWindow(t, path);
    const run = await runs.start(request(sh('echo "out $1"; test "$1" != bad'), ["good", "bad"]));
    await within(run.whenEnded, "the run's end");
    assert.deepEqual(states(run), ["done", "failed"]);
    assert.deepEqual((run.rows[0]!.value as CommandResult).stdout, "out good\n");
    assert.equal(run.rows[1]!.error!.data!["exitCode"], 1);
  });

  test("a forgotten run is garbage collected while the connection stays", async (t) => {
    const { path } = await startUnixServer(t);
    const { runs } = await openWindow(t, path);
    const finished = async (): Promise<WeakRef<Run>> => {
      const run = await runs.start(request(sh("true"), [1]));
      await within(run.whenEnded, "the run's end");
      await runs.forget(run);
      return new WeakRef(run);
    };
    const run = await finished();
    await waitFor(
      () => {
        collectGarbage();
        return run.deref() === undefined;
      },
      { what: "the run to be collected" },
    );
  });

  test("a function that does not exist fails with the reason", async (t) => {
    const { path } = await startUnixServer(t);
    const { runs } = await openWindow(t, path);
    const run = await runs.start(request({ module: "/nowhere/m.mjs", export: "f" }, [1, 2], { processes: 1 }));
    await within(run.whenEnded, "the run's end");
    assert.deepEqual(
      run.rows.map(({ error }) => error && errorName(error.code)),
      ["TargetNotFound", "Cancelled"],
    );
    assert.match(run.rows[0]!.error!.message, /does not exist/);
  });

  test("a function runs in the folder of its run, in a worker of its own or a warm one", async (t) => {
    const folder = realpathSync(temporaryFolder(t));
    const { path } = await startUnixServer(t);
    const window = await openWindow(t, path);
    writeFileSync(join(folder, "m.mjs"), "export const where = () => process.cwd();\n");
    writeFileSync(join(folder, "m.py"), "import os\ndef where(x): return os.getcwd()\n");
    for (const name of ["m.mjs", "m.py"]) {
      const run = await window.runs.start({
        ...request({ module: join(folder, name), export: "where" }, [1]),
        cwd: folder,
      });
      await within(run.whenEnded, "the run's end");
      assert.deepEqual([run.rows[0]!.value, run.rows[0]!.error], [folder, undefined]);
      const again = await window.runs.again(run);
      await within(again.whenEnded, "the run's end");
      assert.equal(again.rows[0]!.value, folder);
    }
  });

  test("after a cancel no row of an ended process stays, whatever it was that ran", async (t) => {
    const folder = temporaryFolder(t);
    const { path } = await startUnixServer(t);
    const { runs, model, rpc } = await openWindow(t, path);
    const module = join(folder, "m.mjs");
    writeFileSync(
      module,
      "export const wait = () => new Promise(() => {});\nexport const hang = () => { for (;;); };\n",
    );
    const targets: Target[] = [
      sh("sleep 600"),
      sh("trap '' TERM; sleep 600 & wait; sleep 600"),
      { module, export: "wait" },
      { module, export: "hang" },
    ];
    for (const target of targets) {
      const run = await runs.start(request(target, [1, 2, 3, 4], { processes: 2 }));
      await waitFor(() => states(run).filter((state) => state === "running").length === 2, { what: "two that run" });
      await run.cancel();
      await within(run.whenEnded, "the run's end");
      assert.equal(run.info.state, "cancelled");
      await waitFor(() => !model.pools.has(run.info.pool), { what: "the end of the pool" });
      const left = () => [...model.processes.values()].filter(({ role }) => role !== "host");
      await waitFor(() => left().length === 0, { what: "the end of all rows" }).catch(() =>
        assert.fail(
          `rows stay: ${left()
            .map(({ name, reason }) => `${name} ${reason}`)
            .join(", ")}`,
        ),
      );
    }
    const failed = await runs.start(request(sh("exit 3"), ["the item"]));
    await within(failed.whenEnded, "the run's end");
    await waitFor(() => model.processes.size === 1, { what: "the row of the command that failed" });
    assert.deepEqual(
      [...model.processes.values()].map(({ exitCode, dismissed }) => [exitCode, dismissed]),
      [[3, false]],
    );
    const stopped = await runs.start(request(sh("sleep 600"), [1, 2], { processes: 2 }));
    await waitFor(() => states(stopped).every((state) => state === "running"), { what: "two that run" });
    await rpc.request("server/stop", {});
    await within(stopped.whenEnded, "the end of the server");
    assert.deepEqual([...model.processes.values()].filter(({ state }) => state === "exited").length, 1);
  });

  test("a window that reloads during a run finds it, with finished and unfinished items", async (t) => {
    const folder = temporaryFolder(t);
    const gate = join(folder, "gate");
    const { path } = await startUnixServer(t);
    const first = await openWindow(t, path);
    const started = await first.runs.start({
      ...request(
        sh(`test "$1" = quick || until test -e "${gate}"; do sleep 0.02; done; echo "$1"`),
        ["quick", "slow", "slower"],
        { processes: 3 },
      ),
      name: "gated",
    });
    await waitFor(() => started.rows[0]!.state === "done" && started.rows[2]!.state === "running");
    await first.close();
    assert.equal(started.ended, false);

    const second = await openWindow(t, path);
    const run = await waitFor(() => second.runs.all[0]);
    assert.deepEqual([run.id, run.request.name, run.request.origin], [started.id, "gated", "command"]);
    assert.deepEqual(run.request.items, started.request.items);
    await waitFor(() => run.rows[0]!.state === "done" && run.rows[1]!.state === "running");
    writeFileSync(gate, "");
    await within(run.whenEnded, "the run's end");
    assert.deepEqual(states(run), ["done", "done", "done"]);
    await second.runs.forget(run);
    assert.deepEqual(second.runs.all, []);
  });

  test("two windows see one run, and cancelling it in one ends it in the other", async (t) => {
    const { path } = await startUnixServer(t);
    const [a, b] = [await openWindow(t, path), await openWindow(t, path)];
    const mine = await a.runs.start(request(sh("sleep 1000"), [1]));
    const theirs = await waitFor(() => b.runs.all[0]);
    await waitFor(() => theirs.rows[0]!.state === "running");
    await theirs.cancel();
    await within(mine.whenEnded, "the run's end");
    assert.deepEqual([states(mine), mine.info.state], [["cancelled"], "cancelled"]);
    await within(theirs.whenEnded, "the run's end in the other window");
    await a.runs.forget(mine);
    await waitFor(() => b.runs.all.length === 0, { what: "the other window to forget it, too" });
  });

  test("the server SIGKILLed during a run: unfinished items are lost", async (t) => {
    const server = await startUnixServer(t);
    const { runs } = await openWindow(t, server.path);
    const run = await runs.start(
      request(sh('test "$1" = quick || sleep 1000'), ["quick", "slow", "waiting"], { processes: 2 }),
    );
    await waitFor(() => run.rows[0]!.state === "done" && run.rows[2]!.state === "running");
    server.process.kill("SIGKILL");
    await within(run.whenEnded, "the run's end");
    assert.deepEqual([states(run), run.lost], [["done", "lost", "lost"], true]);
  });

  test("a worker SIGKILLed: its item fails, the others are done", async (t) => {
    const { path } = await startUnixServer(t);
    const { runs } = await openWindow(t, path);
    const run = await runs.start(
      request(sh('test "$1" != victim || sleep 1000'), ["victim", "a", "b"], { processes: 2 }),
    );
    const victim = await waitFor(() => run.rows[0]!.state === "running" && run.rows[0]);
    process.kill(-victim.pid, "SIGKILL");
    await within(run.whenEnded, "the run's end");
    assert.deepEqual(states(run), ["failed", "done", "done"]);
    assert.match(run.rows[0]!.error!.message, /SIGKILL/);
  });

  test("10,000 items, and a flood of output: every outcome arrives", async (t) => {
    const folder = temporaryFolder(t);
    const module = join(folder, "m.mjs");
    writeFileSync(module, "export const twice = (n) => n * 2;\n");
    const { path } = await startUnixServer(t);
    const { runs } = await openWindow(t, path);
    const count = 10_000;
    const many = await runs.start(
      request(
        { module, export: "twice" },
        Array.from({ length: count }, (_, n) => n),
      ),
    );
    let words = 0;
    many.onDidChange(() => words++);
    await within(many.whenEnded, "the end of 10,000 items");
    assert.ok(many.rows.every(({ state, value }, n) => state === "done" && value === n * 2));
    assert.equal(many.info.done, count);
    const tookMs = many.info.endedAt! - many.info.startedAt;
    assert.ok(words <= tookMs / 100 + 20, `${words} words in ${tookMs} ms`);

    const flood = await runs.start(
      request(sh("yes 0123456789012345678901234567890123456789 | head -c 10000000; echo done"), [1]),
    );
    let bytes = 0;
    let dropped = 0;
    flood.onOutput((_, lines, lost) => {
      dropped += lost;
      for (const { text } of lines) bytes += text.length + 1;
    });
    await within(flood.whenEnded, "the flood's end");
    assert.deepEqual(states(flood), ["done"]);
    await waitFor(() => bytes + dropped > 0);
    assert.ok(existsSync(path));
  });
});
