import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as events from "../../../../protocol/events.js";
import {
  asks,
  cellLength,
  cellsAt,
  livingAt,
  livingPlaces,
  pageBytes,
  partyOf,
  takenIn,
} from "../../../../protocol/lock-words.js";
import { Condition } from "../../../../server/engine/sync/condition.js";
import { Lock } from "../../../../server/engine/sync/lock.js";
import type { Session } from "../../../../server/engine/session.js";
import { FakeWorld } from "../fake-engine.js";
import { ask } from "../probe.js";

/** A lock with a word, and clients that take it without a message. */
function setUp() {
  const world = new FakeWorld();
  const { engine, clock } = world;
  const words = new Int32Array(new SharedArrayBuffer(pageBytes));
  world.words = { path: "/words", inode: "1:1", words, close: () => {} };
  const [a, b] = [world.session(), world.session()];
  const numbers = new Map([a, b].map((session) => [session as Session, engine.lockWords.attach(session)!.number]));
  const lock = (name: string) => {
    const made = engine.registry.create(a, `lock:@${name}`, Lock, () => new Lock(engine, `lock:@${name}`));
    engine.registry.retain(b, made.handle);
    const { cell } = ask(() => made.acquire(a, "", null)).value;
    made.release(a, "");
    const at = cellsAt + cell! * cellLength;
    const swap = (session: Session, owner: number) => {
      assert.equal(words[at], 0);
      words[at] = partyOf(numbers.get(session)!, owner);
      words[at + takenIn]! += 1;
    };
    return { made, at, swap };
  };
  return { world, engine, clock, words, a, b, lock };
}

suite("the words of locks", () => {
  test("are open while no session waits, and belong to the server while a session without words holds the lock", () => {
    const { world, words, a, lock } = setUp();
    const { made, at } = lock("x");
    assert.equal(words[at], 0);
    made.acquire(a, "p7", null);
    assert.equal(words[at], partyOf(1, 7));
    made.release(a, "p7");
    for (const [session, owner] of [
      [world.session(), ""],
      [a, "t7"],
      [a, "p32768"],
      [a, "p07"],
    ] as const) {
      made.acquire(session, owner, null);
      assert.equal(words[at], asks, owner);
      made.release(session, owner);
      assert.equal(words[at], 0);
    }
  });

  test("are taken by no session once all have been told to leave, and stay held", () => {
    const { engine, words, a, lock } = setUp();
    const { made, at } = lock("x");
    made.acquire(a, "p7", null);
    engine.lockWords.leaveAll();
    assert.deepEqual([words[livingAt + 1], words[livingAt + 2]], [0, 0]);
    assert.equal(words[at], partyOf(1, 7));
  });

  test("have a number for a session whatever a peer wrote into the page, and never the place of a living one", () => {
    const { world, engine, words, a, b } = setUp();
    words.fill(7, livingAt, cellsAt);
    const third = world.session();
    assert.equal(engine.lockWords.attach(third)?.number, 3);
    assert.equal(words[livingAt + 3], 3);
    words.fill(0, livingAt, cellsAt);
    for (let number = 4; number <= livingPlaces; number++) {
      const session = world.session();
      assert.equal(engine.lockWords.attach(session)?.number, number);
      engine.lockWords.holderEnded(session, true);
    }
    assert.equal(engine.lockWords.attach(world.session())?.number, livingPlaces + 4, "the first three live");
    assert.deepEqual(
      [a, b, third].map((session) => engine.lockWords.attach(session)?.number),
      [1, 2, 3],
    );
  });

  test("show who holds a lock that was taken without a message, and since when only if it was taken by one", () => {
    const { words, clock, a, b, lock } = setUp();
    const { made, at, swap } = lock("x");
    clock.advance(5);
    made.acquire(a, "", null);
    clock.advance(5);
    assert.deepEqual(
      Array.from(made.holders()).map(({ at }) => at),
      [5],
    );
    words[at] = 0;
    swap(a, 0);
    assert.deepEqual(
      Array.from(made.holders()).map(({ session, at }) => [session.id, at]),
      [[a.id, undefined]],
    );
    words[at] = 0;
    swap(b, 3);
    assert.deepEqual(made.describe().holders, [b.id]);
    assert.deepEqual(made.status(), { locked: true, holder: b.id, depth: 1, waiters: 0 });
  });

  test("take part in the search for deadlocks", () => {
    const { engine, clock, a, b, lock } = setUp();
    const [x, y] = [lock("x"), lock("y")];
    x.swap(a, 1);
    y.swap(b, 2);
    const waiting = ask(() => y.made.acquire(a, "p1", null));
    ask(() => x.made.acquire(b, "p2", null));
    clock.advance(1000);
    const [found] = engine.waitGraph.list();
    assert.deepEqual(found?.cycle.map(({ session, owner, waitsFor }) => [session, owner, waitsFor]).sort(), [
      [a.id, "p1", "lock:@y"],
      [b.id, "p2", "lock:@x"],
    ]);
    assert.ok(waiting.open);
  });

  test("are told to a subscriber that follows locks when they change without a message", () => {
    const { world, engine, clock, words, a, lock } = setUp();
    const { at, swap } = lock("x");
    const watcher = world.session();
    engine.events.subscribe(watcher, ["sync"]);
    const told = () =>
      watcher.peer
        .received(events.changed)
        .flatMap((message) => message.events)
        .map((event) => (event.topic === "sync" ? event.sync.holders : null));
    clock.advance(1000);
    const before = told().length;
    swap(a, 0);
    clock.advance(400);
    assert.deepEqual(told().slice(before), [[a.id]]);
    words[at] = 0;
    clock.advance(400);
    assert.deepEqual(told().slice(before), [[a.id], []]);
    engine.events.unsubscribe(watcher);
    clock.advance(400);
    assert.equal(clock.timers, 0, "nothing looks at words that no subscriber follows");
  });

  test("are not looked at for a lock that is gone when a subscriber is told of its end", () => {
    const { world, engine, clock, a, b, lock } = setUp();
    const watcher = world.session();
    engine.events.subscribe(watcher, ["sync"]);
    const { made, swap } = lock("x");
    const condition = engine.registry.create(
      a,
      "condition:@x",
      Condition,
      () => new Condition(engine, "condition:@x", made),
    );
    swap(a, 0);
    for (const session of [a, b]) engine.registry.release(session, made.handle);
    engine.registry.release(a, condition.handle);
    clock.advance(1000);
    const gone = watcher.peer
      .received(events.changed)
      .flatMap((message) => message.events)
      .flatMap((event) => (event.topic === "sync" && event.gone ? [event.sync] : []));
    assert.equal(gone.length, 2);
    for (const object of [made, condition])
      assert.deepEqual(gone.find(({ handle }) => handle === object.handle)?.holders, [], object.handle);
  });

  test("go to other locks when theirs is gone", () => {
    const { engine, a, b, words, lock } = setUp();
    const { made, at } = lock("x");
    for (const session of [a, b]) engine.registry.release(session, made.handle);
    assert.equal(words[at], asks, "a client that still has it finds it taken");
    assert.equal(lock("y").at, at);
    assert.equal(words[at], 0);
  });

  test("are not there without native code", () => {
    const world = new FakeWorld();
    const session = world.session();
    assert.equal(world.engine.lockWords.attach(session), null);
  });
});
