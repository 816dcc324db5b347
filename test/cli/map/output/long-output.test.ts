import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { waitFor } from "../../../deadline.js";
import { startProgram } from "../../../faults/script.js";
import { compiled } from "../../../fixture.js";
import { temporaryFolder } from "../../../temporary-folder.js";
import { noServer, run, serve, start } from "../../polyproc.js";

const mayMount =
  process.platform === "linux" &&
  spawnSync("unshare", ["-m", "sh", "-c", 'mount -t tmpfs none "$0"', "/mnt"]).status === 0;

test("output of any length and any bytes arrives as it was written, and its files are removed", async (t) => {
  const folder = temporaryFolder(t);
  const shell = spawnSync(
    "sh",
    [
      "-c",
      '"$@" | cksum',
      "sh",
      process.execPath,
      compiled("cli/main"),
      ..."map -q -k long bytes -- sh -c".split(" "),
      'case $1 in long) yes "a line of text" | head -c 24000000;; bytes) printf "\\377\\0\\n\\376";; esac',
      "sh",
    ],
    { encoding: "utf8", env: { ...process.env, ...noServer, TMPDIR: folder } },
  );
  const expected = spawnSync("sh", [
    "-c",
    '{ yes "a line of text" | head -c 24000000; printf "\\377\\0\\n\\376"; } | cksum',
  ]);
  assert.deepEqual([shell.stdout, shell.stderr], [expected.stdout.toString(), ""]);
  assert.deepEqual(readdirSync(folder), []);
});

test("--tag marks each line of long output", async (t) => {
  const { stdout } = await run(t, ["map", "-q", "--tag", "x", "--", "sh", "-c", "yes | head -n 200000"]);
  assert.equal(stdout, "x\ty\n".repeat(200_000));
});

test("--json has long output in its object", async (t) => {
  const { stdout } = await run(t, ["map", "-q", "--json", "x", "--", "sh", "-c", "yes | head -n 200000"]);
  const { value } = JSON.parse(stdout) as { value: { stdout: string; truncated: boolean } };
  assert.deepEqual([value.stdout, value.truncated], ["y\n".repeat(200_000), false]);
});

test("after the client was killed, the server removes the files", async (t) => {
  const { env } = await serve(t);
  const folder = temporaryFolder(t);
  const map = start(t, ["map", "-q", "x", "--", "sh", "-c", "yes | head -c 1000000; sleep 600"], {
    env: { ...env, TMPDIR: folder },
  });
  await waitFor(() => readdirSync(folder).length === 1, { what: "a folder for output" });
  map.signal("SIGKILL");
  await waitFor(() => readdirSync(folder).length === 0, { what: "its removal" });
});

test(
  "where there is no room for output, its item fails and a message says so",
  { skip: mayMount ? false : "a file system of its own needs root and unshare" },
  async (t) => {
    const full = join(temporaryFolder(t), "full");
    mkdirSync(full);
    const map = startProgram(t, "map", [
      "unshare",
      "-m",
      "sh",
      "-c",
      'mount -t tmpfs -o size=512k,mode=700 none "$1" && TMPDIR=$1 && export TMPDIR && shift && exec "$@"',
      "sh",
      full,
      process.execPath,
      compiled("cli/main"),
      ..."map -q x -- sh -c".split(" "),
      "yes | head -c 4000000",
    ]);
    assert.equal(Number(await map.exited()), 1);
    assert.match(map.stderr(), /^polyproc: x: its output cannot be stored, so the command was ended \(ENOSPC: .*\n$/m);
    await map.familyGone();
  },
);

test("a shared server runs commands with the caller's umask, niceness and limits", async (t) => {
  const { env } = await serve(t);
  const folder = temporaryFolder(t);
  for (const args of [
    ["map", "-q", "x", "--"],
    ["run", "--"],
  ]) {
    const shell = spawnSync(
      "sh",
      [
        "-c",
        'umask 077; ulimit -c 0; ulimit -f 4096; nice -n 3 "$@"',
        "sh",
        process.execPath,
        compiled("cli/main"),
        ...args,
        "sh",
        "-c",
      ].concat("echo > secret; nice > nice; ulimit -H -c > limits; ulimit -f >> limits"),
      { cwd: folder, env: { ...process.env, ...noServer, ...env }, encoding: "utf8" },
    );
    assert.equal(shell.status, 0, shell.stderr);
    assert.equal(statSync(join(folder, "secret")).mode & 0o777, 0o600);
    assert.equal(readFileSync(join(folder, "nice"), "utf8"), `${Number(spawnSync("nice").stdout) + 3}\n`);
    if (process.platform === "linux") assert.equal(readFileSync(join(folder, "limits"), "utf8"), "0\n4096\n");
    spawnSync("rm", ["secret", "nice", "limits"], { cwd: folder });
  }
});
