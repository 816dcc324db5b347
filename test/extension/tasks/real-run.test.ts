import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { shellCommand } from "../../../extension/items/shell-command.js";
import { waitFor, within } from "../../deadline.js";
import { isLiving } from "../../living.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { realServer, startTask } from "./real-server.js";

const patienceMs = 60_000;

/** The lines that begin with a digit: those of the items. */
function itemLines(lines: readonly string[]): string[] {
  return lines.filter((line) => /^\d+[:.]/.test(line));
}

test("all 200,000 lines come, those of an item together", async (t) => {
  const server = await realServer(t);
  const { terminal, status } = startTask(
    server,
    shellCommand("seq -f {item}:%.0f:error 50000; seq -f {item}:%.0f:warning 50000 >&2"),
    [0, 1],
    { processes: 2 },
  );
  assert.equal(await within(status, "the task's end", patienceMs), 0);
  const lines = itemLines(terminal.lines);
  for (const stream of ["error", "warning"]) {
    for (const item of [0, 1])
      assert.deepEqual(
        lines.filter((line) => line.startsWith(`${item}:`) && line.endsWith(stream)),
        Array.from({ length: 50_000 }, (_, i) => `${item}:${i + 1}:${stream}`),
      );
  }
  assert.equal(lines.length, 200_000);
});

test("short outputs of items that run at the same time are never mixed", async (t) => {
  const server = await realServer(t);
  const command = shellCommand("for i in 1 2 3 4 5; do echo {item}.$i; sleep 0.01; done; exit 1");
  const { terminal, status } = startTask(server, command, [0, 1, 2, 3, 4, 5, 6, 7], { processes: 4 });
  assert.equal(await within(status, "the task's end", patienceMs), 1);
  const lines = itemLines(terminal.lines);
  assert.equal(lines.length, 40);
  for (let at = 0; at < 40; at += 5) {
    const item = lines[at]!.split(".")[0]!;
    assert.deepEqual(
      lines.slice(at, at + 5),
      [1, 2, 3, 4, 5].map((i) => `${item}.${i}`),
    );
    const last = terminal.lines.indexOf(`${item}.5`);
    assert.equal(terminal.lines[last + 1], `✘ ${item}: exit code 1`);
  }
});

test("what a function prints comes before its result, in chunks, too", async (t) => {
  const server = await realServer(t);
  const module = join(temporaryFolder(t), "f.mjs");
  writeFileSync(
    module,
    `export default (n) => { console.log(n + ".printed"); process.stdout.write(n + ".half a line"); ` +
      `return n + ".returned"; };`,
  );
  const { terminal, status } = startTask(
    server,
    { module },
    Array.from({ length: 10 }, (_, i) => i),
    { processes: 2, chunkSize: 5 },
  );
  assert.equal(await within(status, "the task's end", patienceMs), 0);
  const lines = itemLines(terminal.lines);
  assert.equal(lines.filter((line) => line.endsWith(".returned")).length, 10);
  for (let i = 0; i < 10; i++)
    assert.ok(
      lines.some((line) => line.endsWith(`${i}.printed`)),
      `${i}`,
    );
  assert.ok(lines.indexOf("0.printed") < lines.indexOf("0.returned"));
});

test("no line is lost when chunks are smaller than asked, because their items are large", async (t) => {
  const server = await realServer(t);
  const folder = temporaryFolder(t);
  const module = join(folder, "f.mjs");
  const go = join(folder, "go");
  writeFileSync(
    module,
    `import { existsSync } from "node:fs"; import { setTimeout } from "node:timers/promises";` +
      `export default async (text) => { console.log(text[0] + ".printed"); ` +
      `while (text[0] === "0" && !existsSync(${JSON.stringify(go)})) await setTimeout(5); ` +
      `return text[0] + ".returned"; };`,
  );
  // Two of them are more than the 4 MiB of a chunk.
  const items = [0, 1, 2, 3].map((i) => String(i).repeat(3 * 1024 * 1024));
  const { terminal, status } = startTask(server, { module }, items, { processes: 2, chunkSize: 4 });
  await waitFor(() => terminal.lines.includes("3.returned"), { what: "the other items", timeoutMs: patienceMs });
  writeFileSync(go, "");
  assert.equal(await within(status, "the task's end", patienceMs), 0);
  assert.deepEqual(itemLines(terminal.lines), [
    ...["1.printed", "1.returned", "2.printed", "2.returned", "3.printed", "3.returned"],
    ...["0.printed", "0.returned"],
  ]);
});

test("stopping ends the item's whole tree", async (t) => {
  const server = await realServer(t);
  const file = join(temporaryFolder(t), "pids");
  const { stop, status } = startTask(
    server,
    shellCommand(
      `trap '' TERM; sleep 1000 & child=$!; setsid sleep 1000 & echo $$ $child $! > ${file}.new; ` +
        `mv ${file}.new ${file}; wait; sleep 1000 #`,
    ),
    [1],
  );
  await waitFor(() => existsSync(file), { what: "the processes to run", timeoutMs: patienceMs });
  const pids = readFileSync(file, "utf8").trim().split(/\s+/).map(Number);
  assert.ok(pids.length >= 3 && pids.every(isLiving));
  stop.abort();
  assert.equal(await within(status, "the task's end", patienceMs), 130);
  await waitFor(() => !pids.some(isLiving), { what: "the end of the tree" });
});

test("a program that does not exist is reported once, and ends the task", async (t) => {
  const server = await realServer(t);
  const { terminal, status } = startTask(
    server,
    { command: "polyproc-no-such-program" },
    Array.from({ length: 500 }, (_, i) => i),
    { processes: 1 },
  );
  assert.equal(await within(status, "the task's end", patienceMs), 1);
  const failures = terminal.lines.filter((line) => line.startsWith("✘"));
  assert.equal(failures.length, 1);
  assert.match(failures[0]!, /^✘ 0: .*polyproc-no-such-program/);
});

test("an export that does not exist is reported, and ends the task", async (t) => {
  const server = await realServer(t);
  const module = join(temporaryFolder(t), "f.mjs");
  writeFileSync(module, "export const g = 1;");
  const { terminal, status } = startTask(server, { module, export: "f" }, [1, 2]);
  assert.equal(await within(status, "the task's end", patienceMs), 1);
  assert.ok(
    terminal.lines.some((line) => line.startsWith("✘") && line.includes("f.mjs")),
    terminal.lines.join("\n"),
  );
});

test("when the server is killed during a run, the task reports it", async (t) => {
  const server = await realServer(t);
  const { terminal, status } = startTask(server, shellCommand("echo {item}.begun; sleep 1000 #"), [1]);
  await waitFor(() => terminal.lines.includes("1.begun"), { what: "the item to run", timeoutMs: patienceMs });
  server.process.kill("SIGKILL");
  assert.equal(await within(status, "the task's end", patienceMs), 69);
  assert.match(
    terminal.lines.at(-1)!,
    /^0 done, 1 not finished in .*: the server has gone, and all that it ran has ended$/,
  );
});

test("a time limit, retries and halt hold", async (t) => {
  const server = await realServer(t);
  const tries = join(temporaryFolder(t), "tries");
  const retried = startTask(
    server,
    shellCommand(`echo x >> ${tries}; echo {item}.$(wc -l < ${tries}); exit 1`),
    [1, 2],
    { retries: 2, processes: 1, halt: { failures: 1, now: true } },
  );
  assert.equal(await within(retried.status, "the task's end", patienceMs), 1);
  assert.ok(retried.terminal.lines.includes("✘ 1: exit code 1, in 3 tries"), retried.terminal.lines.join("\n"));
  assert.match(
    retried.terminal.lines.at(-1)!,
    /^0 done, 1 failed, 1 not finished in .*: ended early after 1 failure, as halt says$/,
  );
  const limited = startTask(server, shellCommand("echo {item}.begun; sleep 1000 #"), [3], { timeoutMs: 2000 });
  assert.equal(await within(limited.status, "the task's end", patienceMs), 1);
  assert.deepEqual(limited.terminal.lines.slice(3, 5), ["3.begun", "✘ 3: ran longer than 2.0 s, and was stopped"]);
});

test("a child with much output waits for a terminal that reads nothing", async (t) => {
  const server = await realServer(t);
  const { terminal, status } = startTask(
    server,
    shellCommand("yes 0123456789abcdefghijklmnopqrstuvwxyz | head -c 15000000; echo {item}.done #"),
    [1],
  );
  // It has answered once: a terminal that never does is not waited for.
  await waitFor(() => terminal.questions > 0, { what: "a question to the terminal" });
  terminal.answering = false;
  await waitFor(() => terminal.screen.backlog > 1024 * 1024, { what: "a backlog", timeoutMs: patienceMs });
  assert.ok(terminal.screen.backlog < 8 * 1024 * 1024, `${terminal.screen.backlog}`);
  terminal.answering = true;
  terminal.answer();
  assert.equal(await within(status, "the task's end", patienceMs), 0);
  const shown = terminal.lines
    .filter((line) => line.startsWith("0123456789"))
    .reduce((sum, line) => sum + line.length + 1, 0);
  // The flood's last line has no end of its own: the next one follows on it.
  assert.equal(shown, 15_000_000 + "1.done\n".length);
});
