import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { root } from "../../fixture.js";
import { isLiving } from "../../living.js";
import { temporaryFolder } from "../../temporary-folder.js";
import type { ExampleOptions } from "../../examples/run-example.js";
import { runPython } from "./run-python.js";
import { needs } from "../../tools/needs.js";
import { printed } from "../../examples/run-example.js";

const run = (name: string, args: readonly string[] = [], options: ExampleOptions = {}) =>
  runPython([join(root, "examples", "python", `${name}.py`), ...args], options);

describe("the listings in Python", needs("python3"), () => {
  it("processes: five live at the same time, and none is active after join", async () => {
    const lines = await printed(run("processes", ["0.1"]));
    assert.match(lines[0]!, /^cpu number is: \d+$/);
    const pids = lines.flatMap((line) => /^process pid: (\d+)$/.exec(line)?.[1] ?? []).map(Number);
    assert.ok(pids.length > 0 && new Set(pids).size === pids.length);
    assert.ok(!pids.some(isLiving));
    const named = lines.flatMap((line) => /^process name: (.+)$/.exec(line)?.[1] ?? []);
    assert.equal(named.length, pids.length);
    for (const name of named) assert.match(name, /^TaskHandler-[1-5]$/);
    assert.match(lines.at(-1)!, /^-+$/);
  });

  it("lock_log_file: each of ten processes writes one line", async (t) => {
    const cwd = temporaryFolder(t);
    const { status, stdout, stderr } = await run("lock_log_file", [], { cwd });
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "", stderr: "" });
    const written = readFileSync(join(cwd, "multiprocessing.log"), "utf8").trimEnd().split("\n");
    assert.equal(written.length, 10);
    for (const line of written) assert.match(line, /^\d{10}(\.\d+)?$/);
  });

  it("semaphore_daemons: twenty daemons become fewer, until none is left", async () => {
    const lines = await printed(run("semaphore_daemons", ["0.5"]));
    const counts = lines.map((line) =>
      Number(
        /^running process => num: (\d+) list: \[<TaskHandler name='TaskHandler-\d+' pid=\d+ .* daemon>/.exec(line)?.[1],
      ),
    );
    assert.ok(counts.length > 0);
    for (const [i, n] of counts.entries())
      assert.ok(n >= 1 && n <= (counts[i - 1] ?? 20), `counts fall: ${counts.join(" ")}`);
  });

  it("event_notice: the second process counts only after the first one is done", async () => {
    const lines = await printed(run("event_notice"));
    assert.deepEqual(lines, [
      ...Array.from({ length: 100 }, (_, i) => `${i}`),
      "found notice: event is set...",
      ...Array.from({ length: 100 }, (_, i) => `${100 + i}`),
    ]);
  });

  for (const name of ["pipe_messages", "queue_messages"]) {
    it(`${name}: what the producer sends is printed in order, until an interrupt ends all of it`, async () => {
      const { lines } = await run(name, [], { interruptAfter: /(producer: .*\n){3}/ });
      const values = lines.map((line) => Number(/^producer: Process-1 current value: ([\d.]+)$/.exec(line)?.[1]));
      assert.ok(values.length >= 3);
      for (const [i, value] of values.entries()) assert.ok(value > (values[i - 1] ?? 0), lines.join("\n"));
    });
  }

  it("pool_file_sizes: every file with its size", async (t) => {
    const folder = temporaryFolder(t);
    mkdirSync(join(folder, "below"));
    writeFileSync(join(folder, "a.txt"), "12345");
    writeFileSync(join(folder, "below", "b.txt"), "");
    const { status, stdout, stderr } = await run("pool_file_sizes", [folder]);
    assert.equal(stderr, "");
    assert.equal(status, 0);
    assert.equal(stdout.replaceAll(/\s+/g, " "), `[(5, '${folder}/a.txt'), (0, '${folder}/below/b.txt')] `);
  });
});

describe("docs/python.md", needs("python3"), () => {
  const text = readFileSync(join(root, "docs", "python.md"), "utf8");
  for (const [i, [, code, expected]] of [...text.matchAll(/```py\n([\s\S]*?)```\n```text\n([\s\S]*?)```/g)].entries()) {
    it(`program ${i + 1} prints what it says`, async (t) => {
      const file = join(temporaryFolder(t), "program.py");
      writeFileSync(file, code!);
      const { stdout, stderr } = await runPython([file]);
      assert.deepEqual({ stdout, stderr }, { stdout: expected!, stderr: "" });
    });
  }
});
