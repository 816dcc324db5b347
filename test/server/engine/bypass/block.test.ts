import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as messages from "../../../../protocol/memory.js";
import { isPayload, payloadData, type Payload } from "../../../../protocol/payload.js";
import { Block } from "../../../../server/engine/bypass/block.js";
import { Memory } from "../../../../server/engine/bypass/memory.js";
import { JobReports } from "../../../../server/engine/pools/job-reports.js";
import { Queue } from "../../../../server/engine/streams/queue.js";
import { withoutBlocks } from "../../../../server/handlers/blocks.js";
import { FakeWorld } from "../fake-engine.js";

function setUp() {
  const world = new FakeWorld();
  const [maker, receiver] = [world.session(), world.session()];
  const { engine } = world;
  const { peer } = maker;
  const queue = engine.registry.create(
    receiver,
    "queue:@q",
    Queue,
    () => new Queue(engine, "queue:@q", { maxSize: 0, joinable: false }),
  );
  engine.registry.retain(maker, "queue:@q");
  void Memory.create(engine, maker, `memory:${maker.id}.1`, 10_000, false, new Uint8Array());
  const file = world.memories[0]!;
  let count = 1;
  const store = (text: string, offset = 0): Payload => {
    file.content.set(Buffer.from(text), offset);
    const block = `block:${maker.id}.${(++count).toString(36)}`;
    Block.create(engine, maker, { block, memory: `memory:${maker.id}.1`, offset, bytes: text.length });
    return [engine.registry.get(block, Block), [block]];
  };
  const freed = async () => {
    await Promise.resolve();
    return peer.received(messages.free).flatMap(({ blocks }) => blocks);
  };
  const take = () => (queue.get(receiver, 1, 0, undefined) as { items: Payload[] }).items[0]!;
  return { world, engine, maker, receiver, queue, file, store, freed, take };
}

suite("a block", () => {
  test("travels as a payload, and is free when its receiver has released it", async () => {
    const { engine, maker, receiver, queue, store, freed, take } = setUp();
    const payload = store("hello");
    assert.ok(isPayload(payload));
    queue.put(maker, [payload], null);
    assert.deepEqual(
      [...maker.references.keys()].filter((handle) => handle.startsWith("block:")),
      [],
    );
    const taken = take();
    assert.equal(Buffer.from(payloadData(taken)).toString(), "hello");
    assert.deepEqual(await freed(), []);
    engine.registry.release(receiver, (payload as [unknown, string[]])[1][0]!);
    assert.deepEqual(await freed(), (payload as [unknown, string[]])[1]);
  });

  test("is free when its receiver dies", async () => {
    const { maker, receiver, queue, store, freed, take } = setUp();
    queue.put(maker, [store("hello")], null);
    take();
    receiver.end(true);
    assert.equal((await freed()).length, 1);
  });

  test("outlives its maker until it was read, and the memory with it", () => {
    const { world, engine, maker, receiver, queue, file, store, take } = setUp();
    const payload = store("hello");
    queue.put(maker, [payload], null);
    maker.end(true);
    assert.equal(file.closed, false);
    assert.equal(Buffer.from(payloadData(take())).toString(), "hello");
    engine.registry.release(receiver, (payload as [unknown, string[]])[1][0]!);
    assert.equal(file.closed, true);
    assert.equal(world.engine.budget.keptBytes, 0);
  });

  test("that its maker never sent ends with its maker", () => {
    const { engine, maker, file, store } = setUp();
    store("hello");
    maker.end(true);
    assert.equal(file.closed, true);
    assert.equal(engine.blocks.living, 0);
  });

  test("keeps its bytes when its memory is removed", () => {
    const { engine, maker, queue, file, store, take } = setUp();
    queue.put(maker, [store("hello")], null);
    engine.registry.get(`memory:${maker.id}.1`, Memory).unlink();
    assert.equal(file.closed, false);
    assert.equal(Buffer.from(payloadData(take())).toString(), "hello");
  });

  test("must be within memory that its session has", () => {
    const { engine, maker, receiver } = setUp();
    const params = { block: `block:${maker.id}.z`, memory: `memory:${maker.id}.1`, offset: 9_999, bytes: 2 };
    assert.throws(() => Block.create(engine, maker, params), { codeName: "BadState" });
    assert.throws(() => Block.create(engine, receiver, { ...params, block: `block:${receiver.id}.z`, offset: 0 }), {
      codeName: "BadState",
    });
  });

  test("reaches a peer that cannot open it as bytes, and is free", async () => {
    const { engine, maker, receiver, queue, store, freed, take } = setUp();
    queue.put(maker, [store("hello")], null);
    const message = { id: 1, result: { items: [take()], origins: [null] } };
    const inline = withoutBlocks(message, engine, receiver);
    assert.deepEqual(inline, { id: 1, result: { items: [new Uint8Array(Buffer.from("hello"))], origins: [null] } });
    assert.equal((await freed()).length, 1);
  });

  test("beside another payload reaches such a peer, too", () => {
    const { engine, receiver, store } = setUp();
    const small = Uint8Array.of(1);
    const message = { result: { items: [small, store("hello")] } };
    assert.deepEqual(withoutBlocks(message, engine, receiver), {
      result: { items: [small, new Uint8Array(Buffer.from("hello"))] },
    });
  });

  test("in a result that its job no longer reports is free", async () => {
    const { engine, maker, receiver, store, freed } = setUp();
    const pool = { engine, endAfterFault() {} };
    const reports = new JobReports("job:s9.1", pool, receiver, () => {});
    const payload = store("hello");
    reports.settled({ index: 0, count: 1, pid: 1, ms: 1, values: payload });
    reports.end();
    assert.equal(receiver.references.size, 1, "the queue");
    assert.equal((await freed()).length, 1);
    assert.ok(!maker.ended);
  });

  test("counts as its memory, once, however many blocks there are", async () => {
    const { engine, maker, queue, store, freed, take, receiver } = setUp();
    for (let i = 0; i < 10_000; i++) {
      const payload = store("x", i);
      queue.put(maker, [payload], null);
      take();
      engine.registry.release(receiver, (payload as [unknown, string[]])[1][0]!);
    }
    assert.equal((await freed()).length, 10_000);
    assert.equal(engine.budget.keptBytes, 10_000, "the memory alone");
  });
});
