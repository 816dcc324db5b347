import assert from "node:assert/strict";
import { readFileSync, writeFileSync, mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { isLiving } from "../living.js";
import { temporaryFolder } from "../temporary-folder.js";
import { printed, runExample } from "./run-example.js";

describe("the listings", () => {
  it("subclass-processes: five processes run at once, are named after their class, and end with 0", async () => {
    const lines = await printed(runExample("subclass-processes", ["30", "5"]));
    assert.equal(lines[0], `cpu number is: ${availableParallelism()}`);
    const pids = lines.flatMap((line) => /^process pid: (\d+)$/.exec(line)?.[1] ?? []).map(Number);
    const names = lines.flatMap((line) => /^process name: (.+)$/.exec(line)?.[1] ?? []);
    assert.ok(pids.length > 0, "at least the last one is still alive when the script looks");
    assert.equal(new Set(pids).size, pids.length);
    assert.ok(!pids.some(isLiving));
    for (const name of names) assert.match(name, /^TaskHandler-[1-5]$/);
    assert.equal(lines.at(-1), "exit codes: 0 0 0 0 0");
  });

  it("function-processes: nothing is printed of processes that were joined", async () => {
    const lines = await printed(runExample("function-processes", ["5", "2"]));
    assert.deepEqual(lines, ["5 processes were started, 0 are alive"]);
  });

  it("lock-log-file: each of ten processes writes one line", async (t) => {
    const file = join(temporaryFolder(t), "multiprocessing.log");
    const lines = await printed(runExample("lock-log-file", [file]));
    assert.deepEqual(lines, [`10 processes have written to ${file}`]);
    const written = readFileSync(file, "utf8").trimEnd().split("\n");
    assert.equal(written.length, 10);
    for (const line of written) assert.match(line, /^\d{10}(\.\d+)?$/);
  });

  it("semaphore-daemons: the number of running daemons falls from twenty to zero", async () => {
    const lines = await printed(runExample("semaphore-daemons", ["100", "20"]));
    assert.equal(lines.pop(), "all have ended");
    const counts = lines.map((line) =>
      Number(/^running process => num: (\d+) list: (TaskHandler-\d+ ?)+$/.exec(line)?.[1]),
    );
    assert.ok(counts.length > 0);
    for (const [i, n] of counts.entries())
      assert.ok(n >= 1 && n <= (counts[i - 1] ?? 20), `counts fall: ${counts.join(" ")}`);
  });

  it("event: the second process counts only after the first one is done", async () => {
    const lines = await printed(runExample("event"));
    const expected = [
      ...Array.from({ length: 100 }, (_, i) => `${i}`),
      "found notice: event is set...",
      ...Array.from({ length: 100 }, (_, i) => `${100 + i}`),
    ];
    assert.deepEqual(lines, expected);
  });

  it("event-daemons: the script ends when a child says so, and the endless children end with it", async () => {
    const lines = await printed(runExample("event-daemons"));
    assert.deepEqual(lines.toSorted(), ["that is enough", "the script ends, and its children with it"]);
  });

  it("pipe: the consumer prints what the producer sends, and sees EOF", async () => {
    const lines = await printed(runExample("pipe", ["4", "10"]));
    assert.equal(lines.length, 5);
    for (const line of lines.slice(0, 4)) assert.match(line, /^producer: producer current value: \d{10}(\.\d+)?$/);
    assert.equal(lines[4], "the producer has gone");
  });

  it("queue: every item that is put is got, in order", async () => {
    const lines = await printed(runExample("queue", ["6", "10"]));
    const values = lines.map((line) => Number(/^producer: producer current value: (.+)$/.exec(line)?.[1]));
    assert.equal(values.length, 6);
    assert.deepEqual(
      values,
      values.toSorted((a, b) => a - b),
    );
  });

  it("pool-file-sizes: each file below the folder with its size", async (t) => {
    const folder = temporaryFolder(t);
    mkdirSync(join(folder, "below"));
    writeFileSync(join(folder, "a"), "1234");
    writeFileSync(join(folder, "below", "b"), "1234567");
    const { status, stdout, stderr } = await runExample("pool-file-sizes", ["."], { cwd: folder });
    assert.equal(stderr, "");
    assert.equal(status, 0);
    assert.equal(stdout, "[ [ 4, 'a' ], [ 7, 'below/b' ] ]\n");
  });

  it("pool-calls: every way to call a function gives its results", async () => {
    const lines = await printed(runExample("pool-calls"));
    assert.deepEqual(lines, [
      "apply: 9",
      "callback: 16",
      "applyAsync: true true 16",
      "map: [ 1, 4, 9, 16 ]",
      "mapAsync: [ 25, 36, 49 ]",
      "starmap: [ 8, 16 ]",
      "imap: 1",
      "imap: 4",
      "imap: 9",
      "imap: 16",
      "imapUnordered: [ 1, 4, 9 ]",
    ]);
  });
});
