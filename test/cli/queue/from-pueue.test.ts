import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import type { BatchEntryInfo } from "../../../protocol/batch.js";
import { compiled, root } from "../../fixture.js";
import { needs } from "../../tools/needs.js";
import { noServer } from "../polyproc.js";
import { QueueUser, whenEntry } from "./queue-server.js";

const page = readFileSync(join(root, "docs/from-pueue.md"), "utf8");

/** What the line of Polyproc does. Exit status 0 and any output, unless it is given. */
interface Expected {
  status?: number;
  stdout?: string | RegExp;
  /** Entries as they are then. */
  entries?: Record<number, Partial<BatchEntryInfo>>;
  groups?: Record<string, { slots?: number; paused?: boolean } | null>;
}

const printed = (number: number): string => `${number}\n`;

/** By the line of pueue, in the order of the page. */
const pueue: Record<string, Expected> = {
  "pueue add -- echo hi": { stdout: printed(1), entries: { 1: { state: "done" } } },
  "pueue add 'echo $HOME; exit 3'": { stdout: printed(2), entries: { 2: { state: "failed", exitCode: 3 } } },
  "pueue add --after 0 -- true": { stdout: printed(3), entries: { 3: { state: "done", after: [1] } } },
  "pueue add --after 1 -- true": { stdout: printed(4), entries: { 4: { state: "skipped", after: [2] } } },
  "pueue add --delay 1h -- true": { stdout: printed(5), entries: { 5: { state: "queued" } } },
  "pueue add --stashed -- true": { stdout: printed(6), entries: { 6: { state: "held" } } },
  "pueue add --label backup -- true": { stdout: printed(7), entries: { 7: { state: "done", name: "backup" } } },
  "pueue add --priority 5 -- true": { stdout: printed(8), entries: { 8: { state: "done", priority: 5 } } },
  "pueue add --working-directory / -- pwd": { stdout: printed(9), entries: { 9: { cwd: "/" } } },
  "pueue wait 8": { entries: { 9: { state: "done" } } },
  "pueue log 8": { stdout: "/\n" },
  "pueue log --lines 1 8": { stdout: "/\n" },
  "pueue log --json 8": { stdout: /^\{.*"entry":9,.*"log":"\/\\n"\}\n$/ },
  "pueue follow 1": { status: 3, stdout: /^\/.*\n$/ },
  "pueue status": { stdout: /^ID +STATE .*\n +1 +done .*\n +2 +failed \(3\) [^]*^group default: 1 at a time$/m },
  "pueue status --json": { stdout: /"state": "skipped"/ },
  "pueue enqueue 5": { entries: { 6: { state: "done" } } },
  "pueue stash 4": { entries: { 5: { state: "held" } } },
  "pueue enqueue --delay 2h 4": { entries: { 5: { state: "queued" } } },
  "pueue restart --in-place 0": { entries: { 1: { state: "done", attempt: 2 } } },
  "pueue restart --all-failed --in-place": {
    stdout: "queued again: 2, 4\n",
    entries: { 2: { state: "failed", attempt: 2 }, 4: { state: "skipped" } },
  },
  "pueue group add --parallel 2 disk": { groups: { disk: { slots: 2 } } },
  "pueue group": { stdout: "group default: 1 at a time\ngroup disk: 2 at a time\n" },
  "pueue parallel 3": { groups: { default: { slots: 3 } } },
  "pueue parallel --group disk 4": { groups: { disk: { slots: 4 } } },
  "pueue add --group disk -- sleep 600": { stdout: printed(10), entries: { 10: { state: "running", group: "disk" } } },
  "pueue status --group disk": { stdout: /^ID .*\n10 +running +disk .* sleep 600\ngroup disk: 4 at a time\n$/ },
  "pueue pause 9": { entries: { 10: { state: "paused" } } },
  "pueue start 9": { entries: { 10: { state: "running" } } },
  "pueue pause --group disk": { entries: { 10: { state: "paused" } }, groups: { disk: { paused: true } } },
  "pueue start --group disk": { entries: { 10: { state: "running" } }, groups: { disk: { paused: false } } },
  "pueue pause --all --wait": {
    entries: { 10: { state: "running" } },
    groups: { default: { paused: true }, disk: { paused: true } },
  },
  "pueue start --all": { groups: { default: { paused: false }, disk: { paused: false } } },
  "pueue kill 9": { entries: { 10: { state: "failed", exitCode: -15 } } },
  "pueue edit 9": { entries: { 10: { command: ["sleep", "700"] } } },
  "pueue switch 4 5": { entries: { 5: { priority: 1 } } },
  "pueue remove 9": { stdout: "removed: 10\n" },
  "pueue group remove disk": { groups: { disk: null } },
  "pueue clean --successful-only": { stdout: "removed: 1, 3, 6, 7, 8, 9\n" },
  "pueue clean": { stdout: "removed: 2, 4\n", entries: { 5: { state: "queued" } } },
  "pueue completions bash .": { stdout: /complete .*polyproc/ },
  "pueue shutdown": { stdout: /: server \d+ has ended/ },
};

/** By the line of task-spooler. */
const tsp: Record<string, Expected> = {
  "tsp echo hi": { stdout: printed(1) },
  "tsp -w 0": { entries: { 1: { state: "done" } } },
  "tsp -c": { stdout: "hi\n" },
  "tsp -c 0": { stdout: "hi\n" },
  "tsp -L backup sh -c 'echo hi; exit 3'": { stdout: printed(2), entries: { 2: { name: "backup" } } },
  "tsp -w": { status: 3 },
  "tsp -t": { status: 3, stdout: "hi\n" },
  "tsp -t 1": { status: 3, stdout: "hi\n" },
  "tsp -f sh -c 'exit 4'": { status: 4, stdout: "" },
  "tsp -nf sh -c 'echo hi; exit 4'": { status: 4, stdout: "hi\n" },
  "tsp -d true": { stdout: printed(5), entries: { 5: { state: "skipped" } } },
  "tsp -D 0 true": { stdout: printed(6), entries: { 6: { state: "done" } } },
  tsp: { stdout: /^ID [^]*^ 2 +failed \(3\) .* # backup$/m },
  "tsp -l": { stdout: /^ID [^]*^ 5 +skipped: entry 4 has failed /m },
  "tsp -s 0": { stdout: /^ID .*\n 1 +done .*\ngroup .*\n$/ },
  "tsp -i 0": { stdout: /^\{[^]*"command": \[\s*"echo",\s*"hi"\s*\]/ },
  "tsp -S": { stdout: "group default: 1 at a time\n" },
  "tsp -S 2": { groups: { default: { slots: 2 } } },
  "tsp sleep 600": { entries: { 7: { state: "running" } } },
  "tsp sleep 601": { entries: { 8: { state: "running" } } },
  "tsp sleep 602": { entries: { 9: { state: "queued" } } },
  "tsp sleep 603": { entries: { 10: { state: "queued" } } },
  "tsp -p 6": { stdout: /"pid": \d+/ },
  "tsp -u 9": { entries: { 10: { priority: 1 } } },
  "tsp -U 8-9": { entries: { 9: { priority: 2 } } },
  "tsp -r 8": { stdout: "removed: 9\n" },
  "tsp -k 6": { entries: { 7: { state: "failed", exitCode: -15 }, 8: { state: "running" }, 10: { state: "running" } } },
  "tsp -C": { stdout: "removed: 1, 2, 3, 4, 5, 6, 7\n" },
  "tsp -K": { stdout: /: server \d+ has ended, with / },
};

for (const [title, program, expected, lost] of [
  ["pueue", /^pueue/, pueue, []],
  ["task-spooler", /^tsp/, tsp, [8, 10]],
] as const)
  test(`each line of Polyproc beside one of ${title} does what docs/from-pueue.md says`, needs("bash"), async (t) => {
    const rows = rowsOf(program);
    assert.deepEqual(
      rows.map(([theirs]) => theirs),
      Object.keys(expected),
    );
    const user = new QueueUser(t);
    await user.serve();
    for (const [theirs, ours] of rows) await check(user, ours, expected[theirs]!);
    // What ran when the server ended is lost, and nothing else is.
    await user.serve("again");
    const { entries } = await (await user.connect("again")).request("batch/list", {});
    assert.deepEqual(
      entries.filter(({ state }) => state === "lost").map(({ entry }) => entry),
      lost,
    );
  });

test("a command of pueue that is called otherwise here is an error with our name for it", async (t) => {
  const user = new QueueUser(t);
  const { status, stdout, stderr } = await user.polyproc("enqueue", "3");
  assert.deepEqual(
    [status, stdout, stderr],
    [2, "", "polyproc: unknown command 'enqueue'; here it is: polyproc resume ID\n"],
  );
});

function rowsOf(program: RegExp): [theirs: string, ours: string][] {
  return page
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => [...line.matchAll(/`([^`]+)`/g)].map(([, code]) => code!))
    .filter(([theirs]) => program.test(theirs!))
    .map(([theirs, ours]) => [theirs!, ours!]);
}

async function check(user: QueueUser, line: string, expected: Expected): Promise<void> {
  const editor = join(user.folder, "editor");
  writeFileSync(editor, '#!/bin/sh\nexec sed -i s/600/700/ "$1"\n', { mode: 0o700 });
  const own = { NODE: process.execPath, MAIN: compiled("cli/main"), EDITOR: editor, VISUAL: "", TMPDIR: user.folder };
  const { status, stdout, stderr } = await new Promise<{ status: unknown; stdout: string; stderr: string }>((resolve) =>
    execFile(
      "bash",
      ["-c", `polyproc() { "$NODE" "$MAIN" "$@"; }\n${line}`],
      { cwd: user.folder, env: { ...process.env, ...noServer, ...user.env(), ...own } },
      (error, stdout, stderr) => resolve({ status: error ? error.code : 0, stdout, stderr }),
    ),
  );
  assert.deepEqual([status, stderr], [expected.status ?? 0, ""], line);
  if (typeof expected.stdout === "string") assert.equal(stdout, expected.stdout, line);
  else if (expected.stdout) assert.match(stdout, expected.stdout, line);
  if (!expected.entries && !expected.groups) return;
  const connection = await user.connect();
  try {
    for (const [number, members] of Object.entries(expected.entries ?? {})) {
      // Running: its process is there.
      const holds = (entry: BatchEntryInfo) =>
        isLike(entry, members) && (members.state !== "running" || entry.pid !== null);
      await whenEntry(connection, Number(number), holds, `${JSON.stringify(members)} after ${line}`);
    }
    const { groups } = await connection.request("batch/list", {});
    for (const [name, members] of Object.entries(expected.groups ?? {})) {
      const group = groups.find((each) => each.group === name);
      assert.ok(members ? group && isLike(group, members) : !group, `${line}: ${JSON.stringify(groups)}`);
    }
  } finally {
    await connection.close();
  }
}

function isLike(object: object, members: object): boolean {
  const own = new Map(Object.entries(object));
  return Object.entries(members).every(([name, value]) => isDeepStrictEqual(own.get(name), value));
}
