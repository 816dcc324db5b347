import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { PolyprocError } from "../../../protocol/errors.js";
import { Wait } from "../../../server/engine/wait.js";
import { FakeWorld } from "./fake-engine.js";
import { ask } from "./probe.js";

function setUp() {
  const world = new FakeWorld();
  return { world, session: world.session() };
}

suite("a wait", () => {
  test("settles once, with the first outcome", () => {
    const { session } = setUp();
    const wait = new Wait<number>(session, {});
    const probe = ask(() => wait);
    wait.resolve(1);
    wait.resolve(2);
    wait.reject(new PolyprocError("Full", "no"));
    wait.cancel(new PolyprocError("Full", "no"));
    assert.equal(probe.value, 1);
    assert.equal(session.waits.size, 0);
  });

  test("calls a listener that is added after it settled", () => {
    const { session } = setUp();
    const wait = new Wait<number>(session, {});
    wait.resolve(1);
    assert.equal(ask(() => wait).value, 1);
  });

  test("leaves its lists before it expires, and not when it is resolved", () => {
    const { world, session } = setUp();
    const happened: string[] = [];
    const wait = new Wait<string>(session, {
      timeoutMs: 10,
      onLeave: () => happened.push("left"),
      onTimeout: () => (happened.push("expired"), "late"),
    });
    const probe = ask(() => wait);
    new Wait<string>(session, { timeoutMs: 10, onLeave: () => happened.push("wrong") }).resolve("in time");
    world.clock.advance(10);
    assert.deepEqual(happened, ["left", "expired"]);
    assert.equal(probe.value, "late");
  });

  test("fails with TimedOut when it has no onTimeout", () => {
    const { world, session } = setUp();
    const probe = ask(() => new Wait<number>(session, { timeoutMs: 1 }));
    world.clock.advance(1);
    assert.equal(probe.failure, "TimedOut");
  });

  test("ends with its session", () => {
    const { session } = setUp();
    let left = 0;
    const probe = ask(() => new Wait<number>(session, { onLeave: () => left++, onCancel: () => true }));
    session.end(true);
    assert.equal(probe.failure, "RequestCancelled");
    assert.equal(left, 1);
  });

  test("may defer its cancellation", () => {
    const { session } = setUp();
    const wait = new Wait<number>(session, { onCancel: () => true });
    const probe = ask(() => wait);
    probe.cancel();
    assert.ok(probe.open);
    wait.resolve(3);
    assert.equal(probe.value, 3);
  });
});

suite("a mapped wait", () => {
  test("answers with the changed value", () => {
    const { session } = setUp();
    const inner = new Wait<number>(session, {});
    const probe = ask(() => inner.map((n) => `got ${n}`));
    inner.resolve(4);
    assert.equal(probe.value, "got 4");
    assert.equal(ask(() => inner.map((n) => n + 1)).value, 5);
  });

  test("fails with the inner one, or with what the change throws", () => {
    const { session } = setUp();
    const inner = new Wait<number>(session, {});
    const failed = ask(() => inner.map(String));
    inner.reject(new PolyprocError("Empty", "nothing"));
    assert.equal(failed.failure, "Empty");
    const other = new Wait<number>(session, {});
    const thrown = ask(() =>
      other.map(() => {
        throw new PolyprocError("BadState", "no");
      }),
    );
    other.resolve(1);
    assert.equal(thrown.failure, "BadState");
  });

  test("is cancelled through the inner one", () => {
    const { session } = setUp();
    let left = 0;
    const inner = new Wait<number>(session, { onLeave: () => left++ });
    const probe = ask(() => inner.map(String));
    probe.cancel();
    assert.deepEqual([left, probe.failure, inner.settled, session.waits.size], [1, "RequestCancelled", true, 0]);
  });

  test("waits for an inner one that defers its cancellation", () => {
    const { session } = setUp();
    const inner = new Wait<number>(session, { onCancel: () => true });
    const probe = ask(() => inner.map(String));
    probe.cancel();
    assert.ok(probe.open);
    inner.resolve(1);
    assert.equal(probe.value, "1");
  });
});

suite("a session", () => {
  test("cancels its waits, then releases what it holds, then calls listeners, then drops references", () => {
    const { world, session } = setUp();
    const happened: string[] = [];
    new Wait(session, { onLeave: () => happened.push("wait") });
    session.holdings.add({ holderEnded: (_, died) => happened.push(`holding, died ${died}`) });
    const stop = session.onEnd(() => happened.push("never"));
    session.onEnd((died) => happened.push(`listener, died ${died}`));
    stop();
    world.engine.onSessionEnded = () => happened.push("engine");
    session.end(false);
    session.end(true);
    assert.deepEqual(happened, ["wait", "holding, died false", "listener, died false", "engine"]);
    assert.equal(world.engine.sessions.size, 0);
  });
});
