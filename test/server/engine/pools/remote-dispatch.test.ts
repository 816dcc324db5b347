import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResultEntry } from "../../../../protocol/job.js";
import type {
  ClusterListener,
  ClusterPool,
  Clusters,
  JobSpec,
  Pack,
} from "../../../../server/engine/pools/cluster-link.js";
import { Job } from "../../../../server/engine/pools/job.js";
import { Pool } from "../../../../server/engine/pools/pool.js";
import { listOf } from "../../../../server/engine/payload-list.js";
import { FakeWorld } from "../fake-engine.js";

/** A cluster whose store is the test. */
class FakeCluster implements Clusters {
  readonly packs: Pack[] = [];
  readonly cancelled: [ids: readonly number[], graceMs: number | "waiting"][] = [];
  readonly specs: JobSpec[] = [];
  closes = 0;
  listener!: ClusterListener;

  shown(address: string): string {
    return address;
  }

  open(_address: string, _options: unknown, listener: ClusterListener): ClusterPool {
    this.listener = listener;
    return {
      describe: (_job, spec) => this.specs.push(spec),
      add: (packs) => this.packs.push(...packs),
      cancel: (ids, graceMs) => this.cancelled.push([ids, graceMs]),
      close: () => this.closes++,
    };
  }

  hosts(): never {
    throw new Error("not used");
  }

  drain(): never {
    throw new Error("not used");
  }

  /** Ends a pack with its own items as results, each after `ms`. */
  finish({ id, items, count }: Pack, ms = 1): void {
    this.listener.ended(id, "alpha", [{ index: 0, count, pid: 7, ms: ms * count, values: items }]);
  }
}

async function setUp(retries = 0) {
  const cluster = new FakeCluster();
  const world = new FakeWorld({}, undefined, cluster);
  const session = world.session();
  const results: ResultEntry[] = [];
  const pool = new Pool(world.engine, session, "pool:s1.1", { cluster: "redis://x" });
  const target = { module: "/m.js", export: "f" };
  const sink = { results: (entries: ResultEntry[]) => void results.push(...entries) };
  const job = new Job("job:s1.2", pool, session, { target, mode: "map", retries }, sink);
  const submit = async (from: number, count: number) => {
    job.submit(
      Array.from({ length: count }, (_, i) => ({ index: from + i, items: listOf(Uint8Array.of((from + i) % 128)) })),
    );
    await turn();
  };
  return { cluster, world, pool, job, results, submit };
}

async function turn(): Promise<void> {
  for (let i = 0; i < 5; i++) await Promise.resolve();
}

test("tasks of unknown length go alone, short ones in packs, and every item gets its own result", async () => {
  const { cluster, results, submit } = await setUp();
  await submit(0, 1000);
  assert.equal(cluster.packs.length, 64, "no more until the length is known");
  assert.ok(cluster.packs.every(({ count }) => count === 1));
  cluster.finish(cluster.packs[0]!);
  await turn();
  const packed = cluster.packs.slice(64);
  assert.equal(packed[0]!.count, 50, "a pack takes about 50 ms");
  assert.equal(
    packed.reduce((sum, { count }) => sum + count, 0),
    1000 - 64,
  );
  for (const pack of cluster.packs.slice(1)) cluster.finish(pack);
  await turn();
  assert.deepEqual(
    results.map(({ index, values }) => [index, (values as Uint8Array)[1]]).toSorted(([a], [b]) => a! - b!),
    Array.from({ length: 1000 }, (_, i) => [i, i % 128]),
  );
  assert.ok(results.every(({ host, pid }) => host === "alpha" && pid === 7));
});

test("tasks that run long without an outcome are sent alone, all of them", async () => {
  const { cluster, world, submit } = await setUp();
  await submit(0, 300);
  assert.equal(cluster.packs.length, 64);
  cluster.listener.began(cluster.packs[0]!.id);
  world.clock.advance(200);
  await turn();
  assert.equal(cluster.packs.length, 300);
});

test("a pack is reported once: outcomes of unknown packs, and second outcomes of items, are dropped", async () => {
  const { cluster, results, submit, pool } = await setUp();
  await submit(0, 1);
  const [pack] = cluster.packs;
  cluster.finish(pack!);
  cluster.finish(pack!);
  cluster.listener.lost(pack!.id, { code: 1, message: "late" });
  cluster.listener.ended(99, "alpha", []);
  await turn();
  assert.equal(results.length, 1);
  assert.equal(pool.done, 1);
});

test("items that a host forgets, or tells twice, do not hang the map", async () => {
  const { cluster, results, submit } = await setUp();
  await submit(0, 2);
  const [first, second] = cluster.packs;
  cluster.listener.ended(first!.id, "alpha", []);
  const place = { index: 0, count: 1, pid: 7, ms: 1, values: second!.items };
  cluster.listener.ended(second!.id, "alpha", [place, place, { ...place, index: 5 }]);
  await turn();
  assert.deepEqual(
    results.map(({ index, error }) => [index, error?.message]),
    [
      [0, "the host alpha sent no outcome for this item"],
      [1, undefined],
    ],
  );
});

test("the tasks of a pack whose host died are sent again, each in a pack of its own", async () => {
  const { cluster, submit } = await setUp();
  await submit(0, 80);
  cluster.finish(cluster.packs[0]!);
  await turn();
  const pack = cluster.packs.find(({ count }) => count > 1)!;
  assert.ok(pack.splits);
  const before = cluster.packs.length;
  cluster.listener.split(pack.id);
  await turn();
  const again = cluster.packs.slice(before);
  assert.equal(again.length, pack.count);
  assert.ok(again.every(({ count, splits }) => count === 1 && !splits));
});

test("a failure is retried in another pack; one that hosts died of is not", async () => {
  const { cluster, results, submit } = await setUp(1);
  await submit(0, 2);
  const error = { code: 1012, message: "thrown" };
  const [first, second] = cluster.packs;
  cluster.listener.ended(first!.id, "alpha", [{ index: 0, count: 1, pid: 7, ms: 1, error }]);
  cluster.listener.lost(second!.id, { code: 1023, message: "died" });
  await turn();
  assert.equal(cluster.packs.length, 3);
  cluster.listener.ended(cluster.packs[2]!.id, "beta", [{ index: 0, count: 1, pid: 8, ms: 1, error }]);
  await turn();
  assert.deepEqual(
    results.map(({ index, error: told }) => [index, told?.code]).toSorted(([a], [b]) => a! - b!),
    [
      [0, 1012],
      [1, 1023],
    ],
  );
});

test("a cancel is one message for all packs, and terminate ends every task at once", async () => {
  const { cluster, results, submit, pool, job } = await setUp();
  await submit(0, 3);
  const [first, second] = cluster.packs;
  cluster.listener.began(first!.id);
  assert.equal(job.cancel(undefined, 0, true), 2, "only those that no host has begun");
  await turn();
  assert.deepEqual(cluster.cancelled, [[[second!.id, cluster.packs[2]!.id], "waiting"]]);
  cluster.listener.cancelled(second!.id);
  await turn();
  assert.equal(results.length, 1);
  pool.terminate();
  await turn();
  assert.equal(results.length, 3);
  assert.ok(results.every(({ error }) => error?.code === 1014));
  assert.equal(cluster.closes, 1);
  const gone = pool.whenGone(job.session);
  assert.notEqual(gone, null, "not before the store holds nothing of it");
  cluster.listener.closed();
  assert.equal(pool.whenGone(job.session), null);
});

test("a store that fails fails every task, now and later", async () => {
  const { cluster, results, submit } = await setUp();
  await submit(0, 2);
  cluster.listener.failed({ code: 1024, message: "no Redis" });
  await turn();
  await submit(2, 1);
  await turn();
  assert.deepEqual(
    results.map(({ error }) => error?.message),
    ["no Redis", "no Redis", "no Redis"],
  );
});
