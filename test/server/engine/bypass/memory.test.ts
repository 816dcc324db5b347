import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Memory } from "../../../../server/engine/bypass/memory.js";
import type { Session } from "../../../../server/engine/session.js";
import { FakeWorld } from "../fake-engine.js";

function setUp() {
  const world = new FakeWorld();
  const [a, b] = [world.session(), world.session()];
  const create = (session: Session, handle: string, bytes: number, exclusive = false) =>
    Memory.create(world.engine, session, handle, bytes, exclusive, new Uint8Array());
  return { world, a, b, create, registry: world.engine.registry };
}

suite("shared memory", () => {
  test("is the same for all that use its name, and is gone with the last of them", async () => {
    const { world, a, b, create, registry } = setUp();
    const place = await create(a, "memory:@m", 100);
    assert.deepEqual(place, { path: world.memories[0]!.path, inode: world.memories[0]!.inode, bytes: 100 });
    assert.deepEqual(await create(b, "memory:@m", 60), place);
    assert.deepEqual(await registry.get("memory:@m", Memory).open(), place);
    a.end(true);
    assert.deepEqual([world.memories[0]!.closed, world.memories.length], [false, 1]);
    b.end(true);
    assert.equal(world.memories[0]!.closed, true);
    assert.equal(world.engine.budget.keptBytes, 0);
  });

  test("lives in a payload in flight, after its maker", async () => {
    const { world, a, b, create, registry } = setUp();
    await create(a, "memory:s1.1", 10);
    registry.retainPayload([new Uint8Array(), ["memory:s1.1"]]);
    a.end(true);
    assert.equal(world.memories[0]!.closed, false);
    registry.deliverPayload(b, [new Uint8Array(), ["memory:s1.1"]]);
    registry.release(b, "memory:s1.1");
    assert.equal(world.memories[0]!.closed, true);
  });

  test("that must not exist, or has fewer bytes, is refused without a reference", async () => {
    const { a, b, create } = setUp();
    await create(a, "memory:@m", 100);
    assert.throws(() => create(b, "memory:@m", 100, true), { codeName: "BadState", message: /memory:@m exists/ });
    assert.throws(() => create(b, "memory:@m", 101), { codeName: "BadState", message: /100 bytes, fewer than 101/ });
    assert.equal(b.references.size, 0);
  });

  test("whose name was removed can be opened by none, and the name makes other memory", async () => {
    const { world, a, b, create, registry } = setUp();
    await create(a, "memory:@m", 100);
    const memory = registry.get("memory:@m", Memory);
    memory.unlink();
    assert.equal(world.memories[0]!.closed, true);
    assert.throws(() => memory.open(), { codeName: "UnknownHandle" });
    assert.throws(() => memory.unlink(), { codeName: "UnknownHandle" });
    assert.equal((await create(b, "memory:@m", 200, true)).bytes, 200);
    assert.equal(world.engine.budget.keptBytes, 200);
    a.end(true);
    assert.equal(world.memories[1]!.closed, false, "b has it");
  });

  test("counts against the server's memory", () => {
    const { world, a, create } = setUp();
    void create(a, "memory:s1.1", 40 << 20);
    assert.throws(() => create(a, "memory:s1.2", 40 << 20), { codeName: "Overloaded" });
    assert.equal(world.memories.length, 1);
    assert.equal(a.references.size, 1);
  });

  test("cannot be opened before its pages exist, and not at all when there is no room for them", async () => {
    const { world, a, b, create, registry } = setUp();
    let filled = (_: boolean) => {};
    world.onMemory = (memory) => {
      memory.filled = new Promise((resolve) => (filled = resolve));
    };
    const made = create(a, "memory:@m", 100);
    const shared = create(b, "memory:@m", 100);
    filled(false);
    await assert.rejects(made, { codeName: "Overloaded", message: /no room for 100 bytes/ });
    await assert.rejects(shared, { codeName: "Overloaded" });
    assert.throws(() => registry.get("memory:@m", Memory).open(), { codeName: "UnknownHandle" });
    assert.equal(world.memories[0]!.closed, true);
    assert.equal(world.engine.budget.keptBytes, 0);
  });

  test("cannot begin with more bytes than it has", () => {
    const { world, a } = setUp();
    assert.throws(() => Memory.create(world.engine, a, "memory:s1.1", 3, false, Buffer.from("four")), {
      codeName: "InvalidParams",
    });
  });
});
