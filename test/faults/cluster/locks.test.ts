import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { PolyprocError, WorkerLost } from "polyproc";
import { waitFor, within } from "../../deadline.js";
import { isLiving } from "../../living.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { needs } from "../../tools/needs.js";
import { setStage } from "../stage.js";
import { allowTasks, begins, setClusterStage, writesGuarded } from "./cluster-stage.js";
import { fencesOf } from "./fences.js";
import { TestRedis } from "./redis.js";

const redis = needs("redis-server");

test("two servers share a lock by name: one holder at a time, in order, with rising fences", redis, async (t) => {
  const [store, here, there] = await Promise.all([TestRedis.start(t), setStage(t), setStage(t)]);
  const options = { name: "deploy", cluster: store.url() };
  const locks = [here, there].map(({ mp }) => new mp.Lock(options));
  const fences: number[] = [];
  let holders = 0;
  const uses = Array.from({ length: 40 }, (_, n) =>
    locks[n % 2]!.use(async ({ fence, ownerDied }) => {
      assert.equal(++holders, 1);
      assert.equal(ownerDied, false);
      fences.push(fence!);
      await Promise.resolve();
      holders--;
    }),
  );
  await within(Promise.all(uses), "all uses");
  assert.deepEqual(
    fences,
    [...new Set(fences)].toSorted((a, b) => a - b),
  );
  const [mine, theirs] = [locks[0]!, locks[1]!];
  await mine.acquire();
  assert.equal(await theirs.acquire({ block: false }), false);
  assert.equal(await theirs.acquire({ timeoutMs: 20 }), false);
  const { locked, holder, waiters } = await theirs.status();
  assert.deepEqual({ locked, waiters }, { locked: true, waiters: 0 });
  assert.match(holder!, new RegExp(`:${process.pid}$`));
  const error = await theirs.release().catch((error: unknown) => error);
  assert.ok(error instanceof PolyprocError && error.codeName === "NotOwner", String(error));
  const next = theirs.lock();
  await waitFor(async () => (await mine.status()).waiters === 1, { what: "a waiter" });
  await here.mp.close();
  assert.equal((await within(next, "the lock of a client that has gone")).ownerDied, true);
  for (const [wrong, code] of [
    [{ cluster: store.url() }, "InvalidParams"],
    [{ name: "deploy" }, "BadState"],
  ] as const) {
    const refused = await new there.mp.Lock(wrong).acquire({ block: false }).catch((error: unknown) => error);
    assert.ok(refused instanceof PolyprocError && refused.codeName === code, String(refused));
  }
});

test(
  "a semaphore by name gives its permits over all servers, and takes back those of clients that have gone",
  redis,
  async (t) => {
    const [store, here, there] = await Promise.all([TestRedis.start(t), setStage(t), setStage(t)]);
    const [mine, theirs] = [here, there].map(({ mp }) => new mp.Semaphore(3, { name: "few", cluster: store.url() }));
    await mine!.acquire();
    await mine!.acquire();
    await theirs!.acquire();
    assert.equal(await theirs!.value(), 0);
    const waiting = theirs!.acquire();
    await waitFor(async () => (await mine!.waiters()) === 1, { what: "a waiter" });
    await mine!.release();
    assert.equal(await within(waiting, "the permit"), true);
    assert.equal(theirs!.ownerDied, false);
    await here.mp.close();
    await within(theirs!.acquire(), "the permit of the dead");
    assert.equal(theirs!.ownerDied, true);
    await theirs!.release(3);
    assert.equal(await theirs!.value(), 3);
  },
);

test("a server that is told to end leaves the permits of its living clients to their lease", redis, async (t) => {
  const [store, here, there] = await Promise.all([TestRedis.start(t), setStage(t), setStage(t)]);
  const cluster = store.url();
  const [lock, semaphore] = [
    new here.mp.Lock({ name: "l", cluster }),
    new here.mp.Semaphore(1, { name: "s", cluster }),
  ];
  await Promise.all([lock.acquire(), semaphore.acquire()]);
  const next = new there.mp.Lock({ name: "l", cluster });
  const nextPermit = new there.mp.Semaphore(1, { name: "s", cluster });
  const granted = Promise.all([next.acquire(), nextPermit.acquire()]);
  await waitFor(async () => (await next.status()).waiters === 1 && (await nextPermit.waiters()) === 1, {
    what: "two waiters",
  });
  here.server.process.kill("SIGTERM");
  assert.equal(await here.server.exited(), 0);
  const { holder, waiters } = await next.status();
  assert.equal(holder?.split(":").at(-1), String(process.pid));
  assert.equal(waiters, 1);
  assert.equal(await nextPermit.waiters(), 1);
  assert.deepEqual(await within(granted, "the permits after their lease"), [true, true]);
  assert.deepEqual([next.ownerDied, nextPermit.ownerDied], [true, true]);
});

test("locks outlive a restart of Redis, and a holder goes on that could renew its lease", redis, async (t) => {
  const [store, here, there] = await Promise.all([
    TestRedis.start(t, ["--appendfsync", "always"]),
    setStage(t),
    setStage(t),
  ]);
  const options = { name: "deploy", cluster: store.url("lease=20") };
  const [mine, theirs] = [here, there].map(({ mp }) => new mp.Lock(options));
  const { fence } = await mine!.lock();
  const next = theirs!.lock();
  await waitFor(async () => (await mine!.status()).waiters === 1, { what: "a waiter" });
  await store.kill();
  await store.start();
  await mine!.release();
  const guard = await within(next, "the lock after the restart");
  assert.equal(guard.ownerDied, false);
  assert.ok(guard.fence! > fence!);
});

for (const [what, signal, lease] of [
  ["stopped", "SIGSTOP", 8],
  ["killed", "SIGKILL", 5],
] as const) {
  test(`a holder whose agent is ${what} writes nothing after the next holder has the lock`, redis, async (t) => {
    const { stage, address, agents, log, gate } = await setClusterStage(t, ["alpha", "beta"], {
      lease,
      args: ["-j", "1", ...allowTasks],
    });
    const pool = new stage.mp.Pool({ cluster: address });
    const items = [1, 2].map(() => ({ log, until: gate }));
    const results = pool.map(writesGuarded, items, { chunkSize: 1 });
    const first = await waitFor(() => begins(log)[0], { what: "the first holder" });
    const victim = agents.find(({ process }) => process.pid === first.agent)!.process;
    victim.kill(signal);
    await waitFor(() => begins(log).some(({ pid }) => pid !== first.pid), { what: "the next holder" });
    assert.ok(!isLiving(first.pid));
    writeFileSync(gate, "");
    assert.deepEqual(new Set(await within(results, "the results")), new Set([false, true]));
    assert.equal(fencesOf(begins(log)).length, 3);
    victim.kill("SIGCONT");
    await pool.terminate();
  });
}

test("a task whose worker was killed because the lease of its lock had ended runs again", redis, async (t) => {
  const { stage, address, redis: store, log, gate } = await setClusterStage(t, ["alpha"]);
  const pool = new stage.mp.Pool({ cluster: address });
  const result = pool.apply(writesGuarded, [{ log, until: gate }]);
  const first = await waitFor(() => begins(log)[0], { what: "the first holder" });
  // As a replica that has become the store, and lacks the last writes.
  assert.equal((await store.command("del", "pp:{main}:lock:guarded:holders")).trim(), "1");
  await waitFor(() => begins(log).some(({ pid }) => pid !== first.pid), { what: "the next holder" });
  assert.ok(!isLiving(first.pid));
  writeFileSync(gate, "");
  assert.equal(await within(result, "the result"), false);
  assert.equal(fencesOf(begins(log)).length, 2);
  await pool.terminate();
});

test("in a pool of one machine, such a task fails, and the error says why", redis, async (t) => {
  const [store, stage] = await Promise.all([TestRedis.start(t), setStage(t)]);
  const folder = temporaryFolder(t);
  const [log, gate] = [join(folder, "log"), join(folder, "gate")];
  const pool = new stage.mp.Pool(1, { env: { POLYPROC_CLUSTER: store.url() } });
  const result = pool.apply(writesGuarded, [{ log, until: gate }]);
  await waitFor(() => begins(log)[0], { what: "the holder" });
  await store.command("del", "pp:{main}:lock:guarded:holders");
  await assert.rejects(within(result, "the result"), (error: unknown) => {
    assert.ok(error instanceof WorkerLost);
    assert.equal(error.data["leaseEnded"], true);
    assert.match(error.message, /lease of what it held in a cluster could not be renewed/);
    return true;
  });
  await pool.terminate();
});
