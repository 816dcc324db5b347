import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { PipeEnd } from "../../../server/engine/streams/pipe.js";
import { mapInPool } from "../../../server/engine/pools/pool-map.js";
import { Queue } from "../../../server/engine/streams/queue.js";
import type { Session } from "../../../server/engine/session.js";
import { FakeWorld } from "./fake-engine.js";
import { runAll, settle } from "./fake-hosts.js";
import { ask } from "./probe.js";
import { RunWorld } from "./runs/run-world.js";

function setUp() {
  const world = new FakeWorld();
  const [careful, other, trusting] = [world.session(), world.session(), world.session()];
  careful.blobs = "own";
  const { registry } = world.engine;
  const queue = registry.create(
    careful,
    "queue:@it",
    Queue,
    () => new Queue(world.engine, "queue:@it", { maxSize: 0, joinable: false }),
  );
  for (const session of [other, trusting]) registry.retain(session, queue.handle);
  const put = (session: Session, item: number) => ask(() => queue.put(session, [Uint8Array.of(item)], null));
  const origins = (session: Session, max = 10) => ask(() => queue.get(session, max, 0)).value.origins;
  return { world, queue, careful, other, trusting, put, origins };
}

suite("a payload from another client's process tree", () => {
  test("is marked for a session with `blobs: own`, and for no other", () => {
    const { careful, other, trusting, put, origins } = setUp();
    put(careful, 1);
    put(other, 2);
    assert.deepEqual(origins(careful), [null, other.id]);
    put(other, 3);
    assert.equal(origins(trusting), undefined);
    put(careful, 4);
    assert.equal(origins(careful), undefined);
  });

  test("is marked in answers to pending requests, too", () => {
    const { queue, careful, other, put } = setUp();
    const waiting = ask(() => queue.get(careful, 1, null));
    put(other, 1);
    assert.deepEqual(waiting.value.origins, [other.id]);
  });

  test("stays foreign when it is put back, whatever origin the session names", () => {
    const { queue, careful, other, put, origins } = setUp();
    put(other, 1);
    const taken = ask(() => queue.get(careful, 1, 0)).value;
    queue.putBack(careful, taken.items, taken.origins);
    assert.deepEqual(origins(careful), [`${other.id} (put back by ${careful.id})`]);
    // Another client cannot pass its item off as the receiver's own.
    put(other, 2);
    const own = ask(() => queue.get(other, 1, 0)).value;
    queue.putBack(other, own.items, [careful.id]);
    assert.deepEqual(origins(careful), [`${careful.id} (put back by ${other.id})`]);
    // If the session names no origin, the item counts as its own.
    put(careful, 3);
    queue.putBack(other, ask(() => queue.get(other, 1, 0)).value.items);
    assert.deepEqual(origins(careful), [other.id]);
  });

  test("is marked when it comes from a pipe; such a session is never told of channels", () => {
    const { world, careful, other } = setUp();
    const { registry } = world.engine;
    const [near, far] = ["pipe:@near", "pipe:@far"].map((handle) =>
      registry.create(
        other,
        handle,
        PipeEnd,
        () => new PipeEnd(world.engine, handle, { readable: true, writable: true }),
      ),
    ) as [PipeEnd, PipeEnd];
    PipeEnd.join(near, far);
    registry.retain(careful, far.handle);
    for (let i = 0; i < 20; i++) {
      ask(() => near.send(other, Uint8Array.of(i), null, false, true));
      assert.deepEqual(ask(() => far.follow(careful, 0, true)).value, { item: Uint8Array.of(i), origin: other.id });
    }
  });

  test("is marked in the answers of `run/read`, `run/spec` and `pool/map`, too", async () => {
    const world = new RunWorld();
    const [careful, trusting] = [world.session(), world.session()];
    careful.blobs = "own";
    const run = world.start(3);
    const waiting = ask(() => run.read(careful, 0, 1000, null));
    await world.runAll();
    assert.equal(waiting.value.origin, world.client.id);
    assert.equal(ask(() => run.read(careful, 0, 1000, null)).value.origin, world.client.id);
    assert.deepEqual(run.originMark(careful), { origin: world.client.id });
    assert.deepEqual(run.originMark(trusting), {});

    const map = async (session: Session, pool?: string) => {
      const items = [Uint8Array.of(1)];
      const asked = ask(() => mapInPool(world.engine, session, { pool, target: { module: "/tasks.js" }, items }));
      world.connectAll();
      await settle();
      await runAll(world);
      return asked.value.origin;
    };
    const { handle } = world.pool();
    assert.equal(await map(careful, handle), world.client.id);
    assert.equal(await map(trusting, handle), undefined);
    assert.equal(await map(careful), undefined);
  });
});
