import assert from "node:assert/strict";
import { test } from "node:test";
import { childrenByParent, descendantsOf, readProcessTable } from "../../../server/os/process-table.js";
import type { ProcessRow } from "../../../server/os/process-row.js";
import { hasInEnvironment } from "../../../server/os/proc.js";
import { readPsTable } from "../../../server/os/ps.js";
import { waitFor } from "../../deadline.js";
import { Recorder } from "./recorder.js";
import { testSpawner } from "./spawners.js";
import { needs } from "../../tools/needs.js";

const onLinux = { skip: process.platform === "linux" ? false : "looks into /proc" };

test("the table has this process, its parent, and its command", () => {
  const own = readProcessTable().get(process.pid);
  assert.equal(own?.parentPid, process.ppid);
  assert.match(own.command(), /process-table\.test\.js/);
});

test("ps and /proc give the same table", { skip: onLinux.skip || needs("ps").skip }, () => {
  const fromProc = readProcessTable().get(process.pid)!;
  const fromPs = readPsTable().get(process.pid)!;
  assert.deepEqual([fromPs.parentPid, fromPs.group], [fromProc.parentPid, fromProc.group]);
  assert.equal(fromPs.command().includes("process-table.test.js"), true);
  assert.match(fromPs.start, /\d\d:\d\d:\d\d/);
});

test("a zombie is not in the table", onLinux, async (t) => {
  const told = new Recorder();
  // `sleep` never waits for the shell's child. The shell might, so the child ends after it has become `sleep`.
  const child = 'until [ "$(cat /proc/$$/comm)" = sleep ]; do :; done';
  const script = `(${child}) & echo "zombie $!"; exec sleep 1000`;
  testSpawner(t).startCommand({ command: "sh", args: ["-c", script] }, told);
  const { zombie } = await told.numbers("zombie");
  await waitFor(() => !readProcessTable().has(zombie));
  process.kill(zombie, 0);
});

test(
  "a program whose name looks like a line of the table is read correctly",
  { skip: onLinux.skip || needs("python3").skip },
  async (t) => {
    const told = new Recorder();
    const name = ") R 1 1 (";
    testSpawner(t).startCommand(
      {
        command: "sh",
        args: [
          "-c",
          `exec python3 -c 'import time; open("/proc/self/comm","w").write("${name}"); print("named 1", ` +
            "flush=True); time.sleep(1000)'",
        ],
      },
      told,
    );
    await told.numbers("named");
    const row = readProcessTable().get(told.pid)!;
    assert.deepEqual([row.parentPid, row.group], [process.pid, told.pid]);
  },
);

test("the environment is compared by whole variables", onLinux, async (t) => {
  const told = new Recorder();
  testSpawner(t).startCommand(
    { command: "sh", args: ["-c", 'echo "leader $$"; sleep 1000 & wait'], env: { MARK: "ab" } },
    told,
  );
  const { leader } = await told.numbers("leader");
  assert.equal(hasInEnvironment(leader, "MARK=ab"), true);
  assert.equal(hasInEnvironment(leader, "MARK=a"), false);
  assert.equal(hasInEnvironment(leader, "ARK=ab"), false);
  assert.equal(hasInEnvironment(999_999_999, "MARK=ab"), false);
});

test("descendants come once each, parents first, even of a table that was read while processes moved", () => {
  const row = (pid: number, parentPid: number): [number, ProcessRow] => [
    pid,
    { pid, parentPid, group: pid, start: "", command: () => "" },
  ];
  const children = childrenByParent(new Map([row(2, 1), row(3, 2), row(4, 3), row(5, 2), row(9, 8), row(8, 9)]));
  assert.deepEqual(
    descendantsOf(1, children).map(({ pid }) => pid),
    [2, 3, 5, 4],
  );
  assert.deepEqual(
    descendantsOf(9, children).map(({ pid }) => pid),
    [8],
  );
  assert.deepEqual(descendantsOf(7, children), []);
});
