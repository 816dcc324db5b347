import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, closeSync, existsSync, fstatSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { FifoStock } from "../../../../server/os/bypass/fifo-stock.js";
import { readProcessTable } from "../../../../server/os/process-table.js";
import { waitFor } from "../../../deadline.js";
import { compiled } from "../../../fixture.js";
import { temporaryFolder } from "../../../temporary-folder.js";
import { RawClient } from "../../clients.js";
import { startUnixServer } from "../../server-process.js";
import { startProgram } from "../../../faults/script.js";

// The program `mkfifo` makes them, as where there is no native code; `native-fifos.test.ts` has what that does.
process.env["POLYPROC_NATIVE"] = "none";

function stockIn(t: TestContext, prefix: string): FifoStock {
  const stock = new FifoStock({ prefix, prepare: () => {} });
  t.after(() => stock.dispose());
  return stock;
}

/**
 * A folder with a `mkfifo` that says that it runs, and then only waits for the end of the test, which removes the
 * folder.
 */
function slowMkfifo(t: TestContext): { path: string; runs: () => boolean } {
  const folder = temporaryFolder(t);
  const file = join(folder, "mkfifo");
  writeFileSync(
    file,
    `#!/bin/sh\n: > ${folder}/runs\nn=0\nwhile [ -e ${folder} ] && [ $n -lt 300 ]; do n=$((n + 1)); sleep 0.1; done\n`,
  );
  chmodSync(file, 0o755);
  return { path: `${folder}:${process.env["PATH"]}`, runs: () => existsSync(join(folder, "runs")) };
}

test("FIFOs are given out one by one, and leave nothing in the file system", async (t) => {
  const folder = temporaryFolder(t);
  const stock = stockIn(t, join(folder, "f"));
  const fds = Array.from({ length: 20 }, () => stock.take());
  for (const fd of fds) {
    assert.ok(fd !== null && fstatSync(fd).isFIFO());
    closeSync(fd);
  }
  await waitFor(() => readdirSync(folder).length === 0, { what: "the end of the folders" });
});

test("a maker that is killed leaves no folder, and FIFOs are made again after a pause", async (t) => {
  const folder = temporaryFolder(t);
  const prefix = join(folder, "f");
  const stock = stockIn(t, prefix);
  const slow = slowMkfifo(t);
  const before = process.env["PATH"];
  const take = () => {
    const fd = stock.take();
    if (fd !== null) closeSync(fd);
    return fd !== null;
  };
  for (let i = 0; i < 8; i++) assert.ok(take());
  process.env["PATH"] = slow.path;
  try {
    assert.ok(take());
    await waitFor(slow.runs, { what: "the program that makes more" });
  } finally {
    process.env["PATH"] = before;
  }
  assert.equal(readdirSync(folder).length, 1);
  const maker = [...readProcessTable().values()].find((row) => row.command().includes(`${prefix}.2 0 1`))!;
  process.kill(-maker.pid, "SIGKILL");
  await waitFor(() => readdirSync(folder).length === 0, { what: "the end of its folder" });
  while (take());
  await waitFor(take, { what: "FIFOs again" });
});

test("without a writable folder there is no FIFO, and no failure", (t) => {
  assert.equal(stockIn(t, "/proc/nowhere/f").take(), null);
});

test("without a free descriptor there is no FIFO, and no folder is left", (t) => {
  const folder = temporaryFolder(t);
  const program = `
    import { openSync } from "node:fs";
    import { FifoStock } from ${JSON.stringify(compiled("server/os/bypass/fifo-stock"))};
    const stock = new FifoStock({ prefix: ${JSON.stringify(join(folder, "f"))}, prepare: () => {} });
    try { for (;;) openSync("/dev/null"); } catch {}
    process.exitCode = stock.take() === null ? 0 : 1;`;
  const limited = ["-c", 'ulimit -n 100; exec "$@"', "sh", process.execPath];
  const { status, stderr } = spawnSync("sh", [...limited, "--input-type=module", "--eval", program], {
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  assert.deepEqual(readdirSync(folder), []);
});

test("a server that is killed while it makes its first FIFOs leaves no folder", async (t) => {
  const folder = temporaryFolder(t);
  const slow = slowMkfifo(t);
  const server = await startUnixServer(t, [], { env: { PATH: slow.path, TMPDIR: folder } });
  const client = await RawClient.open(server.path, "json");
  client.send({
    jsonrpc: "2.0",
    id: "x",
    method: "process/start",
    params: { process: "process:s1.1", target: { source: "() => {}", runtime: "node" } },
  });
  await waitFor(slow.runs, { what: "the program that makes FIFOs" });
  assert.equal(readdirSync(folder).length, 1);
  server.process.kill("SIGKILL");
  await server.exited();
  await waitFor(() => readdirSync(folder).length === 0, { what: "the end of the folder" });
  client.close();
});

const mayMount =
  process.platform === "linux" &&
  spawnSync("unshare", ["-m", "sh", "-c", 'mount -t tmpfs none "$0"', "/mnt"]).status === 0;

test(
  "a full temporary folder: workers run without FIFOs",
  { skip: mayMount ? false : "a file system of its own needs root and unshare" },
  async (t) => {
    const folder = temporaryFolder(t);
    const socket = join(temporaryFolder(t), "s");
    // Room for the root folder alone.
    const server = startProgram(
      t,
      "a server with a full temporary folder",
      [
        "unshare",
        "-m",
        "sh",
        "-c",
        'mount -t tmpfs -o nr_inodes=1 none "$1" && shift && exec "$@"',
        "sh",
        folder,
        process.execPath,
        compiled("server/main"),
        "--listen",
        `unix:${socket}`,
      ],
      { TMPDIR: folder },
    );
    assert.equal(await server.line(), `polyproc: listening on unix:${socket}`);
    const client = await RawClient.open(socket, "json");
    const target = {
      source:
        "(n) => { try { require('node:fs').writeFileSync(process.env.TMPDIR + '/x', ''); " +
        "} catch (error) { return error.code + n; } }",
      runtime: "node",
    };
    const { result, error } = await client.request("pool/map", { processes: 2, target, items: [1, 2, 3] });
    assert.equal(error, undefined);
    assert.deepEqual(
      result.outcomes.map((outcome: { value?: unknown }) => outcome.value),
      ["ENOSPC1", "ENOSPC2", "ENOSPC3"],
    );
    const { processes } = (await client.request("process/list", { scope: "all" })).result as {
      processes: { state: string }[];
    };
    assert.deepEqual(
      processes.filter(({ state }) => state === "starting"),
      [],
    );
    client.close();
    server.process.kill("SIGTERM");
    assert.equal(await server.exited(), 0);
  },
);
