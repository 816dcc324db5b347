import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { waitFor } from "../deadline.js";
import { temporaryFolder } from "../temporary-folder.js";
import { needs } from "../tools/needs.js";
import { run, start } from "./polyproc.js";

test("lock --file and flock keep each other out of a file, without a server", needs("flock"), async (t) => {
  const file = join(temporaryFolder(t), "lock");
  const holder = spawn("flock", [file, "sh", "-c", "echo in; read -r line"], { stdio: ["pipe", "pipe", "inherit"] });
  await once(holder.stdout, "data");
  assert.deepEqual(await run(t, ["lock", "--file", file, "--nonblock", "--", "echo", "in"]), {
    status: 75,
    stdout: "",
    stderr: `polyproc: the lock of ${file} was not free\n`,
  });
  const waiting = start(t, ["lock", "--file", file, "--", "sh", "-c", "echo mine; read -r line; exit 3"], {
    input: null,
  });
  holder.stdin.end("go\n");
  await waitFor(() => waiting.stdout() === "mine\n", { what: "the lock" });
  assert.equal(spawnSync("flock", ["-n", file, "true"]).status, 1);
  waiting.stdin.end("go\n");
  assert.equal((await waiting.ended()).status, 3);
  assert.equal(spawnSync("flock", ["-n", file, "true"]).status, 0);
});

test("shared holders hold a file together, and --timeout ends a wait for it", needs("flock"), async (t) => {
  const file = join(temporaryFolder(t), "lock");
  const holder = start(t, ["lock", "--file", file, "--shared", "--", "sh", "-c", "echo in; read -r line"], {
    input: null,
  });
  await waitFor(() => holder.stdout() === "in\n", { what: "the lock" });
  const both = await run(t, ["lock", "--file", file, "--shared", "--nonblock", "--", "echo", "in"]);
  assert.deepEqual([both.status, both.stdout], [0, "in\n"]);
  const late = await run(t, ["lock", "--file", file, "--timeout", "50ms", "--", "echo", "in"]);
  assert.deepEqual([late.status, late.stderr], [75, `polyproc: the lock of ${file} was not free in time\n`]);
  holder.stdin.end("go\n");
  assert.equal((await holder.ended()).status, 0);
});

test("without flock it says what is missing; a name and a file exclude each other", async (t) => {
  const file = join(temporaryFolder(t), "lock");
  const without = await run(t, ["lock", "--file", file, "--", "true"], { env: { PATH: "/no/such" } });
  assert.deepEqual([without.status, /needs the program flock.*util-linux/.test(without.stderr)], [69, true]);
  assert.equal((await run(t, ["lock", "x", "--file", file, "--", "true"])).status, 2);
  assert.equal((await run(t, ["lock", "x", "--shared", "--", "true"])).status, 2);
});
