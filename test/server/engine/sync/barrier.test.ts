import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Barrier, type BarrierOptions } from "../../../../server/engine/sync/barrier.js";
import { FakeWorld } from "../fake-engine.js";
import { ask } from "../probe.js";

function setUp(options: Partial<BarrierOptions> = {}) {
  const world = new FakeWorld();
  const sessions = [world.session(), world.session(), world.session(), world.session()] as const;
  const barrier = world.engine.registry.create(
    sessions[0],
    "barrier:@it",
    Barrier,
    () => new Barrier(world.engine, "barrier:@it", { parties: 3, hasAction: false, timeoutMs: null, ...options }),
  );
  for (const session of sessions.slice(1)) world.engine.registry.retain(session, barrier.handle);
  const wait = (i: 0 | 1 | 2 | 3, timeoutMs?: number) => ask(() => barrier.wait(sessions[i], timeoutMs));
  return { world, barrier, sessions, wait };
}

const passed = (index: number, runAction = false) => ({ index, runAction });

suite("a barrier", () => {
  test("answers all parties when the last has arrived, each with an index of its own", () => {
    const { barrier, wait } = setUp();
    const parties = [wait(0), wait(1)];
    assert.ok(parties.every((party) => party.open));
    assert.deepEqual(barrier.status(), { parties: 3, waiting: 2, broken: false });
    parties.push(wait(2));
    assert.deepEqual(
      parties.map((party) => party.value),
      [passed(0), passed(1), passed(2)],
    );
    assert.equal(barrier.status().waiting, 0);
  });

  test("serves round after round", () => {
    const { wait } = setUp();
    for (let round = 0; round < 3; round++) {
      const parties = [wait(2), wait(0), wait(1)];
      assert.deepEqual(
        parties.map((party) => party.value.index),
        [0, 1, 2],
      );
    }
  });

  test("for one party never waits", () => {
    const { wait } = setUp({ parties: 1 });
    assert.deepEqual(wait(0, 0).value, passed(0));
  });

  test("breaks for all parties when one times out, until reset", () => {
    const { world, barrier, wait } = setUp();
    const [patient, hurried] = [wait(0), wait(1, 10)];
    world.clock.advance(10);
    assert.deepEqual(
      [patient.failure, hurried.failure, wait(2).failure],
      ["BrokenBarrier", "BrokenBarrier", "BrokenBarrier"],
    );
    assert.ok(barrier.status().broken);
    barrier.reset();
    const parties = [wait(0), wait(1), wait(2)];
    assert.deepEqual(
      parties.map((party) => party.value.index),
      [0, 1, 2],
    );
  });

  test("applies its own timeoutMs to waits that have none", () => {
    const { world, wait } = setUp({ timeoutMs: 20 });
    const [first, second] = [wait(0), wait(1, 100)];
    world.clock.advance(20);
    assert.deepEqual([first.failure, second.failure], ["BrokenBarrier", "BrokenBarrier"]);
  });

  test("breaks when a party that is not the last waits with timeoutMs 0", () => {
    const { wait } = setUp();
    const first = wait(0);
    assert.equal(wait(1, 0).failure, "BrokenBarrier");
    assert.equal(first.failure, "BrokenBarrier");
  });

  test("breaks when a party is cancelled", () => {
    const { wait } = setUp();
    const [first, second] = [wait(0), wait(1)];
    first.cancel();
    assert.deepEqual([first.failure, second.failure], ["RequestCancelled", "BrokenBarrier"]);
  });

  test("breaks when a party dies", () => {
    const { barrier, sessions, wait } = setUp();
    wait(0);
    const second = wait(1);
    sessions[0].end(true);
    assert.equal(second.failure, "BrokenBarrier");
    assert.ok(barrier.status().broken);
  });

  test("does not break when a party dies that has passed", () => {
    const { barrier, sessions, wait } = setUp();
    wait(0);
    wait(1);
    wait(2);
    sessions[0].end(true);
    assert.equal(barrier.status().broken, false);
  });

  test("is broken by abort, for waiting parties and those that arrive later", () => {
    const { barrier, wait } = setUp();
    const first = wait(0);
    barrier.abort();
    assert.deepEqual([first.failure, wait(1).failure], ["BrokenBarrier", "BrokenBarrier"]);
  });

  test("fails its waiters when it is reset, and works afterwards", () => {
    const { barrier, wait } = setUp();
    const first = wait(0);
    barrier.reset();
    assert.equal(first.failure, "BrokenBarrier");
    assert.deepEqual(barrier.status(), { parties: 3, waiting: 0, broken: false });
  });

  test("fails its waiters when every session has released it", () => {
    const { world, sessions, wait } = setUp();
    const first = wait(0);
    for (const session of sessions) world.engine.registry.release(session, "barrier:@it");
    assert.equal(first.failure, "UnknownHandle");
  });
});

suite("a barrier with an action", () => {
  test("has the last party run it before the others get their answers", () => {
    const { barrier, sessions, wait } = setUp({ hasAction: true });
    const others = [wait(0), wait(1)];
    assert.deepEqual(wait(2).value, passed(2, true));
    assert.ok(others.every((party) => party.open));
    assert.equal(barrier.status().waiting, 2);
    barrier.actionDone(sessions[2], true);
    assert.deepEqual(
      others.map((party) => party.value),
      [passed(0), passed(1)],
    );
    assert.equal(sessions[2].holdings.size, 0);
  });

  test("breaks when the action fails", () => {
    const { barrier, sessions, wait } = setUp({ hasAction: true });
    const others = [wait(0), wait(1)];
    wait(2);
    barrier.actionDone(sessions[2], false);
    assert.deepEqual(
      others.map((party) => party.failure),
      ["BrokenBarrier", "BrokenBarrier"],
    );
    assert.ok(barrier.status().broken);
  });

  test("breaks when the party that runs the action dies", () => {
    const { sessions, wait } = setUp({ hasAction: true });
    const others = [wait(0), wait(1)];
    wait(2);
    sessions[2].end(true);
    assert.deepEqual(
      others.map((party) => party.failure),
      ["BrokenBarrier", "BrokenBarrier"],
    );
  });

  test("accepts actionDone only from the party that runs it, and once", () => {
    const { barrier, sessions, wait } = setUp({ hasAction: true });
    assert.throws(() => barrier.actionDone(sessions[0], true), { codeName: "BadState" });
    wait(0);
    wait(1);
    wait(2);
    assert.throws(() => barrier.actionDone(sessions[0], true), { codeName: "BadState" });
    barrier.actionDone(sessions[2], true);
    assert.throws(() => barrier.actionDone(sessions[2], true), { codeName: "BadState" });
  });

  test("breaks when a party times out while the action runs", () => {
    const { world, barrier, sessions, wait } = setUp({ hasAction: true });
    const others = [wait(0, 30), wait(1)];
    wait(2);
    world.clock.advance(30);
    assert.deepEqual(
      others.map((party) => party.failure),
      ["BrokenBarrier", "BrokenBarrier"],
    );
    assert.throws(() => barrier.actionDone(sessions[2], true), { codeName: "BadState" });
    assert.equal(sessions[2].holdings.size, 0);
  });

  test("puts parties that arrive during the action into the next round", () => {
    const { barrier, sessions, wait } = setUp({ hasAction: true });
    wait(0);
    wait(1);
    wait(2);
    const next = [wait(3), wait(2), wait(1), wait(0)];
    assert.ok(next.every((party) => party.open));
    barrier.actionDone(sessions[2], true);
    assert.deepEqual(
      next.map((party) => party.open),
      [true, true, false, true],
    );
    assert.deepEqual(next[2]?.value, passed(2, true));
    barrier.actionDone(sessions[1], true);
    assert.deepEqual([next[0]?.value, next[1]?.value], [passed(0), passed(1)]);
    assert.ok(next[3]?.open, "the fourth is the first of the round after that");
    assert.equal(barrier.status().waiting, 1);
  });
});
