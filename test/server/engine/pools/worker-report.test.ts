import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { errorName } from "../../../../protocol/errors.js";
import { PoolWorld, settle, startJob } from "../fake-hosts.js";

/** A blob: extension 2. */
const closed = Uint8Array.from([0xd4, 2, 0xc0]);

async function running(items: Uint8Array) {
  const { world, host } = await startJob([{ index: 0, items }]);
  return { world, host, task: host.begin()! };
}

suite("what a worker host reports", () => {
  test("is a list of results, or one blob for a caller that reads it itself", async () => {
    const good = await running(Uint8Array.from([0x91, 0x01]));
    good.host.succeed(good.task, closed);
    await settle();
    assert.deepEqual(
      good.world.results.map((entry) => entry.values),
      [closed],
    );

    const bad = await running(Uint8Array.from([0x91, 0x01]));
    bad.host.succeed(bad.task, Uint8Array.from([0x01]));
    await settle();
    assert.deepEqual([bad.world.results, bad.host.signals], [[], ["SIGKILL"]]);
    bad.host.die();
    await settle();
    assert.match(
      bad.world.results[0]!.error!.message,
      /broke the protocol: its values for task 0 are no list instead of a list of 1/,
    );
  });

  test("fails the items when it names an object that does not exist, and the worker goes on", async () => {
    const { world, host, task } = await running(Uint8Array.from([0x91, 0x01]));
    host.succeed(task, [Uint8Array.from([0x91, 0x01]), ["lock:s1.999"]]);
    await settle();
    assert.equal(errorName(world.results[0]!.error!.code), "UnknownHandle");
    assert.deepEqual(host.signals, []);
  });

  test("of all items in parts leaves only the task's end: a death then loses nothing", async () => {
    const { world, host, task } = await running(Uint8Array.from([0x91, 0x01]));
    host.record.part({ seq: task.seq, from: 0, count: 1, values: Uint8Array.from([0x91, 0x01]), next: 1 });
    host.die();
    await settle();
    assert.deepEqual(
      world.results.map((entry) => [entry.index, entry.count, entry.error]),
      [[0, 1, undefined]],
    );
    const [pool] = world.engine.pools();
    assert.deepEqual([pool!.done, pool!.failed, pool!.queued], [1, 0, 0]);
  });

  test("is ignored once the host is expelled", async () => {
    const { world, host, task } = await running(Uint8Array.from([0x91, 0x01]));
    host.succeed({ ...task, seq: 5 });
    host.succeed(task);
    await settle();
    assert.deepEqual(world.results, []);
    assert.equal(host.peer.closedWith?.codeName, "Malformed");
  });
});

suite("a worker host whose process has ended", () => {
  test("has its reports handled until its connection has ended, however long that takes", async () => {
    const { world, host, task } = await running(Uint8Array.from([0x91, 0x01]));
    const session = host.record.session!;
    host.record.exited({ exitCode: 0, signal: null });
    world.clock.advance(60_000);
    assert.equal(host.peer.closedWith, undefined);
    host.succeed(task);
    session.end(true);
    await settle();
    assert.deepEqual(
      world.results.map((entry) => entry.error),
      [undefined],
    );
  });
});

/** A pool of one worker, and a job with this many tasks. */
function oneWorker(tasks: number): PoolWorld {
  const world = new PoolWorld();
  world.job(world.pool({ processes: 1 })).submit(world.tasks(tasks));
  return world;
}

suite("worker hosts that never say that they are ready", () => {
  test("are expelled, and after three of them the tasks fail with the reason", async () => {
    const world = oneWorker(1);
    for (let i = 0; i < 3; i++) {
      const host = world.hosts[i]!;
      host.record.spawned(host.pid);
      world.clock.advance(299_000);
      assert.deepEqual(host.signals, []);
      world.clock.advance(1000);
      assert.deepEqual(host.signals, ["SIGKILL"]);
      host.die();
      await settle();
    }
    assert.match(
      world.results[0]!.error!.message,
      /before it was ready, since it broke the protocol: it did not say worker\/ready within 300 s/,
    );
    assert.equal(world.hosts.length, 3);
  });
});

suite("workers that end before they begin a task", () => {
  test("are started three times, then the tasks fail", async () => {
    const world = oneWorker(2);
    for (let i = 0; i < 3; i++) {
      assert.equal(world.hosts.length, i + 1);
      world.hosts[i]!.connect();
      await settle();
      world.hosts[i]!.die();
      await settle();
    }
    assert.deepEqual(
      world.results.map((entry) => errorName(entry.error!.code)),
      ["WorkerLost", "WorkerLost"],
    );
    assert.equal(world.hosts.length, 3);
  });
});
