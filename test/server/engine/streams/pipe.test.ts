import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { Payload } from "../../../../protocol/schema.js";
import type { EngineLimits } from "../../../../server/engine/limits.js";
import { PipeEnd } from "../../../../server/engine/streams/pipe.js";
import { waitForAny } from "../../../../server/engine/streams/ready.js";
import type { Session } from "../../../../server/engine/session.js";
import { FakeWorld } from "../fake-engine.js";
import { ask } from "../probe.js";
import { joinedPipe } from "./joined-pipe.js";

function setUp(duplex = true, limits: Partial<EngineLimits> = {}) {
  const world = new FakeWorld(limits);
  const { registry } = world.engine;
  const [a, b] = [world.session(), world.session()];
  const [first, second] = joinedPipe(world, a, b, duplex);
  return { world, registry, a, b, first, second };
}

const item = (...bytes: number[]) => Uint8Array.from(bytes);
const send = (end: PipeEnd, session: Session, payload: Payload, timeoutMs?: number) =>
  ask(() => end.send(session, payload, timeoutMs));
const recv = (end: PipeEnd, session: Session, timeoutMs?: number) => ask(() => end.recv(session, timeoutMs));
const poll = (end: PipeEnd, session: Session, timeoutMs?: number) => ask(() => end.poll(session, timeoutMs));

suite("a pipe", () => {
  test("carries items both ways, in order", () => {
    const { a, b, first, second } = setUp();
    send(first, a, item(1));
    send(first, a, item(2));
    send(second, b, item(3));
    assert.deepEqual(
      [recv(second, b).value.item, recv(second, b).value.item, recv(first, a).value.item],
      [item(1), item(2), item(3)],
    );
  });

  test("that is not duplex carries items from second to first only", () => {
    const { a, b, first, second } = setUp(false);
    assert.equal(send(first, a, item(1)).failure, "BadState");
    assert.equal(recv(second, b).failure, "BadState");
    assert.equal(poll(second, b).failure, "BadState");
    send(second, b, item(1));
    assert.deepEqual(recv(first, a).value.item, item(1));
  });

  test("serves waiting receivers first come first served", () => {
    const { a, b, first, second } = setUp();
    const waiting = [recv(first, a), recv(first, a)];
    send(second, b, item(1));
    assert.deepEqual(
      waiting.map((probe) => probe.open),
      [false, true],
    );
    send(second, b, item(2));
    assert.deepEqual(
      waiting.map((probe) => probe.value.item),
      [item(1), item(2)],
    );
  });

  test("fails recv with TimedOut after timeoutMs", () => {
    const { world, a, first } = setUp();
    assert.equal(recv(first, a, 0).failure, "TimedOut");
    const waiting = recv(first, a, 15);
    world.clock.advance(15);
    assert.equal(waiting.failure, "TimedOut");
  });

  test("ends with EndOfFile after the last item, when the other end is closed", () => {
    const { registry, a, b, first, second } = setUp();
    send(second, b, item(1));
    registry.release(b, second.handle);
    assert.equal(first.status().peerOpen, false);
    assert.deepEqual(recv(first, a).value.item, item(1));
    assert.equal(recv(first, a).failure, "EndOfFile");
    assert.equal(recv(first, a, 0).failure, "EndOfFile");
  });

  test("fails waiting receivers with EndOfFile when the other side dies", () => {
    const { a, b, first } = setUp();
    const waiting = recv(first, a);
    b.end(true);
    assert.equal(waiting.failure, "EndOfFile");
  });

  test("stays open until the last session that holds an end has released it", () => {
    const { world, registry, a, b, first, second } = setUp();
    const c = world.session();
    registry.retain(c, second.handle);
    const waiting = recv(first, a);
    b.end(true);
    assert.ok(waiting.open);
    registry.release(c, second.handle);
    assert.equal(waiting.failure, "EndOfFile");
  });

  test("cannot be sent into when the other end is closed", () => {
    const { registry, a, b, first, second } = setUp();
    registry.release(a, first.handle);
    assert.equal(send(second, b, item(1)).failure, "BrokenPipe");
  });

  test("makes send wait while too many bytes are unread", () => {
    const { world, a, b, first, second } = setUp(true, { maxBufferedBytes: 4 });
    send(first, a, item(1, 1, 1));
    const [next, last] = [send(first, a, item(2, 2)), send(first, a, item(3))];
    assert.ok(next.open && last.open, "3 would fit, but sends keep their order");
    assert.equal(send(first, a, item(4), 0).failure, "Full");
    const expiring = send(first, a, item(5), 10);
    world.clock.advance(10);
    assert.equal(expiring.failure, "Full");
    assert.deepEqual(
      [0, 1, 2].map(() => recv(second, b).value.item),
      [item(1, 1, 1), item(2, 2), item(3)],
    );
    assert.ok(!next.open && !last.open);
    assert.equal(a.heldBackBytes, 0);
  });

  test("lets an item larger than its limit pass alone", () => {
    const { a, b, first, second } = setUp(true, { maxBufferedBytes: 4 });
    assert.equal(send(first, a, new Uint8Array(100)).value, null);
    assert.equal(recv(second, b).value.item.length, 100);
  });

  test("refuses a send of a session whose pending sends are at the limit", () => {
    const { a, first } = setUp(true, { maxBufferedBytes: 4, maxQueuedBytes: 10 });
    send(first, a, item(1, 2, 3, 4));
    assert.ok(send(first, a, new Uint8Array(10)).open);
    assert.equal(send(first, a, item(1)).failure, "Overloaded");
  });

  test("fails a pending send when the other end is closed", () => {
    const { registry, a, b, first, second } = setUp(true, { maxBufferedBytes: 1 });
    send(first, a, item(1));
    const waiting = send(first, a, item(2));
    registry.release(b, second.handle);
    assert.equal(waiting.failure, "BrokenPipe");
    assert.equal(a.heldBackBytes, 0);
  });

  test("stores a cast when its session ends before there is room", () => {
    const { world, registry, a, b, first, second } = setUp(true, { maxBufferedBytes: 1 });
    const c = world.session();
    registry.retain(c, first.handle);
    send(first, a, item(1));
    const patient = send(first, c, item(2));
    const cast = ask(() => first.send(c, item(3), null, true));
    assert.ok(patient.open && cast.open);
    c.end(false);
    assert.deepEqual([patient.failure, c.heldBackBytes], ["RequestCancelled", 0]);
    assert.deepEqual([recv(second, b).value.item, recv(second, b).value.item], [item(1), item(3)]);
  });

  test("stores a cast when its end is closed before there is room", () => {
    const { registry, a, b, first, second } = setUp(true, { maxBufferedBytes: 1 });
    send(first, a, item(1));
    const cast = ask(() => first.send(a, item(2), null, true));
    registry.release(a, first.handle);
    assert.equal(cast.value, null);
    assert.deepEqual([recv(second, b).value.item, recv(second, b).value.item], [item(1), item(2)]);
    assert.equal(recv(second, b).failure, "EndOfFile");
    assert.equal(a.heldBackBytes, 0);
  });

  test("gives no item to a receiver whose session has ended or that was cancelled", () => {
    const { world, registry, a, b, first, second } = setUp();
    const c = world.session();
    registry.retain(c, first.handle);
    const [dead, cancelled] = [recv(first, c), recv(first, a)];
    const third = recv(first, a);
    c.end(true);
    cancelled.cancel();
    send(second, b, item(1));
    assert.deepEqual(
      [dead.failure, cancelled.failure, third.value.item],
      ["RequestCancelled", "RequestCancelled", item(1)],
    );
  });

  test("is Closed for a session that has closed its end, or never had it", () => {
    const { registry, a, b, first, second } = setUp();
    assert.equal(recv(second, a).failure, "Closed");
    registry.retain(b, first.handle);
    registry.release(a, first.handle);
    assert.deepEqual(
      [recv(first, a).failure, send(first, a, item(1)).failure, poll(first, a).failure],
      ["Closed", "Closed", "Closed"],
    );
  });

  test("reports the items that wait at an end", () => {
    const { b, first, second } = setUp(false);
    assert.deepEqual(first.status(), { readable: true, writable: false, items: 0, bytes: 0, peerOpen: true });
    second.send(b, item(1, 2), null);
    assert.deepEqual(first.status(), { readable: true, writable: false, items: 1, bytes: 2, peerOpen: true });
  });
});

suite("poll", () => {
  test("is true at once when there is an item, and does not take it", () => {
    const { a, b, first, second } = setUp();
    send(second, b, item(1));
    assert.deepEqual(poll(first, a, 0).value, { ready: true });
    assert.equal(first.status().items, 1);
  });

  test("is false when nothing comes within timeoutMs", () => {
    const { world, a, first } = setUp();
    assert.deepEqual(poll(first, a, 0).value, { ready: false });
    const waiting = poll(first, a, 5);
    world.clock.advance(5);
    assert.deepEqual(waiting.value, { ready: false });
  });

  test("waits for an item, or for the end of file", () => {
    const { a, b, first, second } = setUp();
    const forItem = poll(first, a);
    send(second, b, item(1));
    assert.deepEqual(forItem.value, { ready: true });
    recv(first, a);
    const forEnd = poll(first, a);
    b.end(true);
    assert.deepEqual(forEnd.value, { ready: true });
  });

  test("is not woken by an item that goes to a receiver", () => {
    const { a, b, first, second } = setUp();
    const [receiving, polling] = [recv(first, a), poll(first, a)];
    send(second, b, item(1));
    assert.ok(!receiving.open);
    assert.ok(polling.open);
  });
});

suite("waiting for any of several", () => {
  test("answers with the sources that are ready", () => {
    const one = setUp();
    send(one.second, one.b, item(1));
    const sources = [one.first, quiet("pipe:@quiet"), quiet("process:@done", true)];
    assert.deepEqual(ask(() => waitForAny(one.a, sources, null)).value, { ready: ["pipe:@first", "process:@done"] });
  });

  test("waits until the first source is ready, then removes its listeners", () => {
    const { a, b, first, second } = setUp();
    const source = quiet("process:@p");
    const waiting = ask(() => waitForAny(a, [first, source], null));
    assert.ok(waiting.open);
    assert.equal(source.listeners.size, 1);
    send(second, b, item(1));
    assert.deepEqual(waiting.value, { ready: [first.handle] });
    assert.equal(source.listeners.size, 0);
  });

  test("answers with an empty list after timeoutMs", () => {
    const { world, a, first } = setUp();
    assert.deepEqual(ask(() => waitForAny(a, [first], 0)).value, { ready: [] });
    const waiting = ask(() => waitForAny(a, [first], 10));
    world.clock.advance(10);
    assert.deepEqual(waiting.value, { ready: [] });
  });

  test("removes its listeners when it is cancelled", () => {
    const { a } = setUp();
    const source = quiet("process:@p");
    const waiting = ask(() => waitForAny(a, [source], null));
    waiting.cancel();
    assert.equal(source.listeners.size, 0);
  });

  function quiet(handle: string, ready = false) {
    const listeners = new Set<() => void>();
    return {
      handle,
      ready,
      listeners,
      onReady: (listener: () => void) => (listeners.add(listener), () => listeners.delete(listener)),
    };
  }
});

suite("a pipe's end in flight", () => {
  test("keeps the pipe open inside an item of another pipe", () => {
    const { world, registry, a, b, first, second } = setUp();
    const other = setUpIn(world, a, "x");
    send(first, a, [item(1), [other.far.handle]]);
    registry.release(a, other.far.handle);
    const waiting = recv(other.near, a);
    assert.ok(waiting.open);
    recv(second, b);
    send(other.far, b, item(5));
    assert.deepEqual(waiting.value.item, item(5));
  });

  test("is closed when the item is dropped unread", () => {
    const { world, registry, a, b, first, second } = setUp();
    const other = setUpIn(world, a, "x");
    send(first, a, [item(1), [other.far.handle]]);
    registry.release(a, other.far.handle);
    registry.release(b, second.handle);
    assert.equal(recv(other.near, a).failure, "EndOfFile");
  });

  test("is released when the only reference is inside an unread item of its own pipe", () => {
    const { registry, a, b, first, second } = setUp();
    send(first, a, [item(1), [second.handle]]);
    registry.release(b, second.handle);
    assert.equal(registry.has(second.handle), false, "no session could ever read it");
    assert.equal(recv(first, a).failure, "EndOfFile");
  });

  function setUpIn(world: FakeWorld, session: Session, name: string) {
    const [near, far] = ["near", "far"]
      .map((side) => `pipe:@${name}-${side}`)
      .map((handle) =>
        world.engine.registry.create(
          session,
          handle,
          PipeEnd,
          () => new PipeEnd(world.engine, handle, { readable: true, writable: true }),
        ),
      ) as [PipeEnd, PipeEnd];
    PipeEnd.join(near, far);
    return { near, far };
  }
});
