import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { waitFor } from "../deadline.js";
import { isLiving } from "../living.js";
import { temporaryFolder } from "../temporary-folder.js";
import { run, serve, start } from "./polyproc.js";

test("stop ends the server with what it runs, and says what that was", async (t) => {
  const { env, address, running } = await serve(t);
  const sleeping = start(t, ["run", "--", "sh", "-c", "echo $$; exec sleep 600"], { env });
  await waitFor(() => sleeping.stdout().endsWith("\n"));
  const map = await run(t, ["map", "--detach", "-j", "1", "600", "--", "sleep"], { env });
  assert.equal(map.status, 0, map.stderr);
  await waitFor(async () => /1 of 1 busy/.test((await run(t, ["ps", "--tree"], { env })).stdout), { intervalMs: 20 });
  assert.deepEqual(await run(t, ["stop"], { env }), {
    status: 0,
    stdout: `${address}: server ${running.pid} has ended, with 2 processes and 1 run\n`,
    stderr: "",
  });
  assert.equal((await running.ended()).status, 0);
  assert.notEqual((await sleeping.ended()).status, 0);
  await waitFor(() => !isLiving(Number(sleeping.stdout())));
});

test("stop --when-alone lets the server end after its clients have gone", async (t) => {
  const { env, address, running } = await serve(t);
  assert.deepEqual(await run(t, ["stop", "--when-alone", "0.1"], { env }), {
    status: 0,
    stdout: `${address}: server ${running.pid} ends once no client has been connected for 0.1 s\n`,
    stderr: "",
  });
  assert.equal((await running.ended()).status, 0);
});

test("without a server there is nothing to stop, and POLYPROC_SERVE starts none", async (t) => {
  const folder = temporaryFolder(t);
  const address = `unix:${join(folder, "none.sock")}`;
  const started = join(folder, "started");
  const { status, stdout, stderr } = await run(t, ["stop"], {
    env: { POLYPROC_ADDRESS: address, POLYPROC_SERVE: `touch ${started}` },
  });
  assert.deepEqual([status, stdout], [69, ""]);
  assert.equal(stderr, `polyproc: no server answers at ${address}, so there is nothing to stop\n`);
  assert.equal(existsSync(started), false);
});
