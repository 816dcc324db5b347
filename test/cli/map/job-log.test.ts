import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { jobs } from "../../../cli/map/limits/limit-options.js";
import { waitFor } from "../../deadline.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { functions, run, start } from "../polyproc.js";

/** Notes the item, and fails for `bad` until the file `well` exists. */
const script = 'echo "$1" >> "$0/ran"; test "$1" != bad || test -e "$0/well"';

test("--resume passes over what a killed run has ended, wherever it stands now", async (t) => {
  const folder = temporaryFolder(t);
  const log = join(folder, "log");
  const waits = `${script}; test "$1" != slow || test -e "$0/well" || sleep 600`;
  const args = (...items: string[]) => ["map", "-q", "-j1", "--log", log, ...items, "--", "sh", "-c", waits, folder];
  const killed = start(t, args("a", "slow", "b"));
  await waitFor(() => existsSync(join(folder, "ran")) && readFileSync(join(folder, "ran"), "utf8") === "a\nslow\n", {
    what: "the second item",
  });
  killed.signal("SIGKILL");
  await killed.ended();
  writeFileSync(log, `${readFileSync(log, "utf8")}{"command":"half a li`);
  writeFileSync(join(folder, "ran"), "");
  writeFileSync(join(folder, "well"), "");
  const again = await run(t, ["map", "--resume", ...args("b", "slow", "a").slice(1)]);
  assert.deepEqual([again.status, again.stderr], [0, ""]);
  assert.equal(readFileSync(join(folder, "ran"), "utf8"), "b\nslow\n");
  const lines = readFileSync(log, "utf8").trimEnd().split("\n");
  assert.equal(lines.length, 4);
  const { item, ok, exitCode, signal, index } = JSON.parse(lines[3]!) as Record<string, unknown>;
  assert.deepEqual([item, ok, exitCode, signal, index], ["slow", true, 0, null, 1]);
});

test("--resume-failed runs failed items again; --resume does not", async (t) => {
  const folder = temporaryFolder(t);
  for (const format of ["--log", "--joblog"]) {
    const log = join(folder, format);
    const map = async (...more: string[]) => {
      writeFileSync(join(folder, "ran"), "");
      const args = [format, log, ...more, "a", "bad", "--", "sh", "-c", script, folder];
      const { status, stderr } = await run(t, ["map", "-j1", ...args]);
      return [status, readFileSync(join(folder, "ran"), "utf8"), /(\d+ done[^\n]*) in /.exec(stderr)?.[1]];
    };
    assert.deepEqual(await map(), [1, "a\nbad\n", "1 done, 1 failed"]);
    assert.deepEqual(await map("--resume"), [0, "", "0 done"]);
    assert.deepEqual(await map("--resume-failed"), [1, "bad\n", "0 done, 1 failed"]);
  }
  const [header, first, second] = readFileSync(join(folder, "--joblog"), "utf8").split("\n");
  assert.equal(header, "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand");
  assert.match(first!, /^1\t:\t\d+\.\d{3}\t +\d+\.\d{3}\t0\t0\t0\t0\tsh -c .* a$/);
  assert.match(second!, /^2\t:\t\d+\.\d{3}\t +\d+\.\d{3}\t0\t0\t1\t0\tsh -c .* bad$/);
});

test("functions are logged, too; a log that cannot be written and --resume without one are usage errors", async (t) => {
  const log = join(temporaryFolder(t), "log");
  const args = ["map", "-q", "--module", functions, "--chunk-size", "3", "--log", log];
  assert.equal((await run(t, [...args, "a", "b"])).stdout.length, 8);
  assert.equal((await run(t, [...args, "-k", "--resume", "a", "c", "b", "d"])).stdout, '"c"\n"d"\n');
  const wrong = await run(t, ["map", "--log", "/no/such/log", "a", "--", "echo"]);
  assert.deepEqual([wrong.status, wrong.stdout], [2, ""]);
  assert.match(wrong.stderr, /^polyproc: the log cannot be used: ENOENT/);
  assert.match((await run(t, ["map", "--resume", "a", "--", "echo"])).stderr, /need the log of the earlier run/);
});

test("-j is a number, a share of the processors, or beside them", () => {
  assert.deepEqual(
    ["3", "50%", "150%", "+2", "-3", "-9", "0", "1%"].map((text) => jobs(text)(8)),
    [3, 4, 12, 10, 5, 1, 4096, 1],
  );
  for (const text of ["", "x", "4097", "+5%", "1.5"]) assert.throws(() => jobs(text), /Expected a number/);
});
