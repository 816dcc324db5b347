import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import type { RunEntry } from "../../../protocol/run.js";
import { waitFor } from "../../deadline.js";
import { isLiving } from "../../living.js";
import { run as polyproc } from "../../cli/polyproc.js";
import { needs } from "../../tools/needs.js";
import { RunReader } from "../run-reader.js";
import { begins, setClusterStage, taskFile, type ClusterStage } from "./cluster-stage.js";

const redis = needs("redis-server");

interface Row {
  index: number;
  ok: boolean;
  pid: number;
  host: string;
}

function items({ log, gate }: ClusterStage, count: number): { n: number; log: string; until: string }[] {
  return Array.from({ length: count }, (_, n) => ({ n, log, until: gate }));
}

test(
  "map --detach --cluster starts a run that goes on without its client, and says where items ran",
  redis,
  async (t) => {
    const set = await setClusterStage(t);
    const { stage, address, log, gate } = set;
    const env = { POLYPROC_ADDRESS: stage.address };
    const cli = async (...args: string[]) => {
      const ended = await polyproc(t, args, { env });
      assert.equal(ended.status, 0, ended.stderr);
      return ended.stdout;
    };
    const texts = items(set, 6).map((item) => JSON.stringify(item));
    const handle = (
      await cli(
        ...["map", "--detach", "--name", "far", "--cluster", address, "--module", taskFile, "--export", "logged"],
        ...["--json-items", ...texts],
      )
    ).trim();
    // Two slots on each host.
    await waitFor(() => begins(log).length === 4, { what: "items on both hosts" });
    const { runs } = await stage.watcher.connection.request("run/list", {});
    assert.deepEqual(
      runs.map(({ name, state, cluster, running, queued }) => ({ name, state, cluster, running, queued })),
      [{ name: "far", state: "running", cluster: address, running: 4, queued: 2 }],
    );
    const reader = await RunReader.open(stage);
    t.after(() => reader.close());
    const running = await waitFor(
      async () => {
        const { entries } = await reader.ask<{ entries: RunEntry[] }>("run/read", { run: handle, since: 0 });
        const found = entries.filter(({ state }) => state === "running");
        return found.every(({ host }) => host !== undefined) && found;
      },
      { what: "the hosts of items that run" },
    );
    assert.deepEqual(running.map(({ host }) => host!).toSorted(), ["alpha", "alpha", "beta", "beta"]);
    const hostOf = new Map(running.map(({ index, host }) => [index, host]));
    writeFileSync(gate, "");
    const rows = (await cli("attach", handle, "-k", "--json", "-q"))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Row);
    assert.deepEqual(
      rows.map(({ index, ok }) => [index, ok]),
      texts.map((_, index) => [index, true]),
    );
    const pidsOf = new Map(begins(log).map(({ n, pid }) => [n, pid]));
    assert.deepEqual([...new Set(rows.map(({ host }) => host))].toSorted(), ["alpha", "beta"]);
    for (const { index, pid, host } of rows) {
      assert.equal(pid, pidsOf.get(index));
      if (hostOf.has(index)) assert.equal(host, hostOf.get(index));
    }

    const [head, ...cells] = (await cli("runs", "export", handle, "--format", "csv")).trimEnd().split("\r\n");
    assert.match(head!, /,host$/);
    assert.deepEqual(
      cells.map((line) => line.split(",").at(-1)),
      rows.map(({ host }) => host),
    );
    const { traceEvents } = JSON.parse(await cli("runs", "export", handle, "--format", "trace")) as {
      traceEvents: { ph: string; name: string; pid: number; tid?: number; args: { name?: string; index?: number } }[];
    };
    const tracks = new Map(traceEvents.flatMap(({ ph, pid, args }) => (ph === "M" ? [[pid, args.name]] : [])));
    assert.deepEqual(
      traceEvents
        .filter(({ ph }) => ph === "X")
        .map(({ pid, tid, args }) => [args.index, tracks.get(pid), tid])
        .toSorted(([a], [b]) => Number(a) - Number(b)),
      rows.map(({ index, host, pid }) => [index, host, pid]),
    );
  },
);

test("a run on a cluster is cancelled on its hosts, and shows no password", redis, async (t) => {
  const set = await setClusterStage(t, ["alpha"]);
  const { stage, address, redis: store, log } = set;
  await store.command("acl", "setuser", "ada", "on", ">secret", "~*", "&*", "+@all");
  const reader = await RunReader.open(stage);
  t.after(() => reader.close());
  const spec = {
    target: { module: taskFile, export: "logged" },
    items: items(set, 5),
    cluster: address.replace("//", "//ada:secret@"),
  };
  const started = await reader.start(spec);
  const told = [started, await reader.ask("run/spec", { run: started.run }), await reader.ask("pool/list", {})];
  assert.ok(!JSON.stringify(told).includes("secret"), JSON.stringify(told));
  assert.equal((told[1] as { cluster: string }).cluster, started.cluster);
  await waitFor(() => begins(log).length === 2, { what: "two items" });
  await reader.ask("run/cancel", { run: started.run, graceMs: 0 });
  const ended = await reader.ask<{ state: string; cancelled: number }>("run/wait", { run: started.run });
  assert.deepEqual([ended.state, ended.cancelled], ["cancelled", 5]);
  await waitFor(() => begins(log).every(({ pid }) => !isLiving(pid)), { what: "the end of the workers" });
  assert.equal(begins(log).length, 2);
  for (const [wrong, text] of [
    [{ cwd: "/" }, /cwd: the hosts of a cluster start their workers themselves/],
    [{ cluster: "http://x" }, /cluster/],
    [{ cluster: undefined, needs: ["gpu"] }, /needs: labels choose the hosts of a cluster/],
  ] as const)
    await assert.rejects(reader.start({ ...spec, ...wrong }), text);
});
