import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { Payload } from "../../../../protocol/schema.js";
import { PipeEnd } from "../../../../server/engine/streams/pipe.js";
import { ask } from "../probe.js";
import { established, fail, item, number, setUp, told } from "./pipe-world.js";

suite("a channel", () => {
  test("is offered to a sender when one other session receives all its items", () => {
    const all = setUp();
    established(all);
    assert.deepEqual(told(all.a), [{ end: "pipe:@first", channel: 1, path: "0", inode: "1:2" }]);
    assert.deepEqual(told(all.b), []);
  });

  test("is not offered if the sender cannot write to channels, or if a third session receives", () => {
    const { a, b, first, second } = setUp();
    for (let i = 0; i < 10; i++) {
      first.send(a, item(i), null, true, false);
      ask(() => second.follow(b, 0, true));
    }
    for (let i = 0; i < 10; i++) {
      first.send(a, item(i), null, true, true);
      ask(() => second.recv(b, 0));
    }
    assert.deepEqual(told(a), []);
  });

  test("is announced to its reader after the items that were sent before it", () => {
    const all = setUp();
    const { channel } = established(all);
    channel.entered(all.a);
    assert.deepEqual(ask(() => all.second.follow(all.b, null, true)).value, { item: item(4) });
    assert.deepEqual(ask(() => all.second.follow(all.b, null, true)).value, {
      channel: { channel: 1, path: "0", inode: "1:2" },
    });
    assert.ok(ask(() => all.second.follow(all.b, null, true, 1)).open, "the rest is in there");
  });

  test("is announced again when its reader asks without naming it, with take or without", () => {
    const introduction = { channel: { channel: 1, path: "0", inode: "1:2" } };
    for (const take of [true, false]) {
      const all = setUp();
      const { channel } = established(all);
      const { b, second } = all;
      ask(() => second.follow(b, 0, true));
      const waiting = [ask(() => second.follow(b, null, take)), ask(() => second.follow(b, null, take))];
      channel.entered(all.a);
      assert.deepEqual(
        waiting.map((one) => one.value),
        [introduction, introduction],
      );
      assert.deepEqual(ask(() => second.follow(b, 0, take)).value, introduction);
      const reading = ask(() => second.follow(b, null, take, 1));
      assert.ok(reading.open);
      channel.left(all.a, all.first.handle);
      assert.deepEqual(reading.value, { channel: null });
    }
  });

  test("is announced again to a reader that does not name it, before the notice that the writer has left", () => {
    const all = setUp();
    const { channel } = established(all);
    channel.entered(all.a);
    ask(() => all.second.follow(all.b, 0, true));
    ask(() => all.second.follow(all.b, null, true));
    channel.left(all.a, all.first.handle);
    assert.deepEqual(ask(() => all.second.follow(all.b, 0, true)).value, {
      channel: { channel: 1, path: "0", inode: "1:2" },
    });
    assert.deepEqual(ask(() => all.second.follow(all.b, 0, true, 1)).value, { channel: null });
  });

  test("gives its rest to another session that receives while the reader still finishes", () => {
    const all = setUp();
    const { channel, fifo } = established(all);
    const { a, b, c, first, second, world } = all;
    world.engine.registry.create(c, second.handle, PipeEnd, fail);
    channel.entered(a);
    ask(() => second.follow(b, 0, true));
    ask(() => second.follow(b, null, true));
    fifo.items.push(item(5));
    const reading = ask(() => second.follow(b, null, true, 1));
    channel.left(a, first.handle);
    first.send(a, item(6), null, true, true);
    assert.deepEqual(reading.value, { channel: null });
    const received = [ask(() => second.recv(c, null)), ask(() => second.recv(c, null))];
    assert.deepEqual(told(b), [{ end: second.handle, channel: 1, path: null }]);
    channel.left(b, second.handle);
    assert.deepEqual(
      received.map((one) => one.value),
      [{ item: item(5) }, { item: item(6) }],
    );
  });

  test("is announced to a reader whose request is already pending, also when it polls", () => {
    for (const take of [true, false]) {
      const all = setUp();
      const { channel } = established(all);
      ask(() => all.second.follow(all.b, 0, true));
      const waiting = ask(() => all.second.follow(all.b, null, take));
      channel.entered(all.a);
      assert.deepEqual(waiting.value, { channel: { channel: 1, path: "0", inode: "1:2" } });
    }
  });

  test("gives its unread items to the server when its reader dies", () => {
    const all = setUp();
    const { a, b, c, first, second, world } = all;
    world.engine.registry.retain(c, second.handle);
    const { channel, fifo } = established(all);
    channel.entered(a);
    ask(() => second.follow(b, 0, true));
    ask(() => second.follow(b, null, true));
    fifo.items.push(item(5), item(6));
    b.end(true);
    assert.equal(told(a).at(-1)!.path, null, "the writer is asked to leave");
    const next = ask(() => second.recv(c, null));
    assert.ok(next.open, "until it has left");
    channel.left(a, first.handle);
    assert.deepEqual([next.value.item, ask(() => second.recv(c, 0)).value.item].map(number), [5, 6]);
    assert.equal(all.channels.left, 0);
  });

  test("is read to its end before the items that its writer sent after leaving", () => {
    const all = setUp();
    const { a, b, first, second } = all;
    const { channel, fifo } = established(all);
    channel.entered(a);
    ask(() => second.follow(b, 0, true));
    ask(() => second.follow(b, null, true));
    fifo.items.push(item(5));
    const waiting = ask(() => second.follow(b, null, true, 1));
    channel.left(a, first.handle);
    first.send(a, item(6), null);
    assert.deepEqual(waiting.value, { channel: null });
    fifo.items.shift();
    channel.left(b, second.handle);
    assert.equal(number((ask(() => second.follow(b, 0, true)).value as { item: Payload }).item), 6);
  });

  test("is reclaimed from a reader or writer that does not leave, so a third session is not blocked", () => {
    const all = setUp();
    const { a, c, second, world } = all;
    world.engine.registry.retain(c, second.handle);
    established(all).channel.entered(a);
    ask(() => second.recv(c, 0));
    const waiting = ask(() => second.recv(c, 0));
    assert.ok(waiting.open);
    world.clock.advance(1000);
    assert.equal(waiting.failure, "TimedOut");
  });

  test("is closed after the receiving end, once its writer, who may be about to open it, has left", () => {
    const all = setUp();
    const { a, b, first, second, channels, world } = all;
    const { channel } = established(all);
    world.engine.registry.release(b, second.handle);
    assert.equal(told(a).at(-1)!.path, null);
    assert.equal(channels.left, 1);
    channel.left(a, first.handle);
    assert.equal(channels.left, 0);
  });

  test("is not offered again at once after it has ended", () => {
    const all = setUp();
    const { a, b, first, second } = all;
    established(all).channel.left(a, first.handle);
    for (let i = 0; i < 3; i++) {
      first.send(a, item(i), null, true, true);
      ask(() => second.follow(b, 0, true));
    }
    assert.equal(told(a).length, 1);
    for (let i = 0; i < 8; i++) {
      first.send(a, item(i), null, true, true);
      ask(() => second.follow(b, 0, true));
    }
    assert.equal(told(a).length, 2);
  });
});
