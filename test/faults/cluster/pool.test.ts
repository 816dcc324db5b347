import assert from "node:assert/strict";
import { test } from "node:test";
import { TaskFailed, WorkerLost } from "polyproc";
import { execFileSync } from "node:child_process";
import { waitFor, within } from "../../deadline.js";
import { compiled } from "../../fixture.js";
import { needs } from "../../tools/needs.js";
import { dies, double, echo, fails, setClusterStage, taskFile } from "./cluster-stage.js";

const redis = needs("redis-server");

test(
  "a pool in a cluster maps, applies and iterates as a local one, with the errors of a local one",
  redis,
  async (t) => {
    const { stage, address } = await setClusterStage(t);
    const pool = new stage.mp.Pool({ cluster: address });
    const many = Array.from({ length: 1500 }, (_, n) => n);
    assert.deepEqual(
      await within(pool.map(double, many), "the map"),
      many.map((n) => n * 2),
    );
    assert.deepEqual(
      await within(pool.map(double, many, { chunkSize: 1 }), "the map one by one"),
      many.map((n) => n * 2),
    );
    assert.equal(await within(pool.apply(double, [21]), "apply"), 42);
    const iterated: number[] = [];
    for await (const n of pool.imap(double, many.slice(0, 100))) iterated.push(n);
    assert.deepEqual(
      iterated,
      many.slice(0, 100).map((n) => n * 2),
    );
    // The first large payload is in its message. The server of the client has the others in its own memory.
    for (let i = 0; i < 3; i++) {
      const large = Buffer.alloc(300_000, i);
      assert.ok(large.equals((await within(pool.apply(echo, [large]), "a large payload")) as Uint8Array));
      await waitFor(() => (stage.mp.connection.blocks?.bytes ?? 0) > 0);
    }
    const [failed, lost] = [
      await pool.apply(fails, [1]).catch((error: unknown) => error),
      await pool.apply(dies, []).catch((error: unknown) => error),
    ];
    assert.ok(failed instanceof TaskFailed);
    assert.match(failed.message, /1 is too small/);
    assert.ok(lost instanceof WorkerLost);
    assert.equal(lost.signal, "SIGKILL");
    await within(pool.terminate(), "the end of the pool");
  },
);

test("the command line runs functions on a cluster, and lists its hosts", redis, async (t) => {
  const { redis: store } = await setClusterStage(t, ["gamma"]);
  const cli = (...args: string[]) =>
    execFileSync(process.execPath, [compiled("cli/main"), ...args], {
      encoding: "utf8",
      env: { ...process.env, POLYPROC_CLUSTER: store.url(), XDG_RUNTIME_DIR: "/nonexistent" },
    });
  const out = cli("map", "--cluster", "--module", taskFile, "--export", "double", "-k", "--json-items", "-q", "1", "2");
  assert.equal(out, "2\n4\n");
  const row = JSON.parse(cli("map", "--cluster", "--module", taskFile, "--export", "double", "--json", "3")) as object;
  assert.ok("host" in row && row.host === "gamma", JSON.stringify(row));
  const listed = JSON.parse(cli("ps", "--cluster", store.url(), "--json")) as { hosts: { host: string }[] };
  assert.deepEqual(
    listed.hosts.map(({ host }) => host),
    ["gamma"],
  );
  // The host tells now and then how busy it is.
  await waitFor(() => /^gamma\s+\d+\s+0\s+2\s+[\d.]+\s+ready$/m.test(cli("ps", "--cluster")), {
    what: "a host that is ready",
  });
  assert.match(cli("top", "--cluster"), /^gamma\s+\d+\s+\d\s+2\s+[\d.]+\s+ready$/m);
});
