import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import type { Params } from "../../../../protocol/message.js";
import * as pipe from "../../../../protocol/pipe.js";
import type { Payload } from "../../../../protocol/schema.js";
import { PipeEnd } from "../../../../server/engine/streams/pipe.js";
import type { Session } from "../../../../server/engine/session.js";
import { FakeWorld } from "../fake-engine.js";
import type { FakePeer } from "../fake-peer.js";
import { ask, type Probe } from "../probe.js";

type Client = Session & { readonly peer: FakePeer };

/** A fake FIFO. Its path is its index in the list. */
class FakeChannels {
  readonly open: { items: Uint8Array[]; closed: boolean }[] = [];

  readonly openChannel = () => {
    const fifo = { items: [] as Uint8Array[], closed: false };
    this.open.push(fifo);
    return {
      path: String(this.open.length - 1),
      inode: "1:2",
      drain: () => fifo.items.splice(0),
      close: () => {
        assert.ok(!fifo.closed, "closed once");
        fifo.closed = true;
      },
    };
  };

  at(path: string) {
    return this.open[Number(path)]!;
  }

  get left(): number {
    return this.open.filter(({ closed }) => !closed).length;
  }
}

const item = (n: number) => Uint8Array.of(n >> 8, n & 255);
const number = (payload: Payload) => ((payload as Uint8Array)[0]! << 8) | (payload as Uint8Array)[1]!;

function setUp() {
  const channels = new FakeChannels();
  const world = new FakeWorld(
    {},
    {
      startHost: fail,
      startCommand: fail,
      usage: () => Promise.resolve([]),
      runtimes: () => [],
      guardianPid: null,
      openChannel: channels.openChannel,
    },
  );
  const { registry } = world.engine;
  const [a, b, c] = [world.session(), world.session(), world.session()];
  const first = registry.create(
    a,
    "pipe:@first",
    PipeEnd,
    () => new PipeEnd(world.engine, "pipe:@first", { readable: true, writable: true }),
  );
  const second = registry.create(
    b,
    "pipe:@second",
    PipeEnd,
    () => new PipeEnd(world.engine, "pipe:@second", { readable: true, writable: true }),
  );
  PipeEnd.join(first, second);
  return { world, channels, a, b, c, first, second };
}

function fail(): never {
  throw new Error("this test has no children");
}

const told = (client: Client) => client.peer.received(pipe.channel);

/** Sends and receives items until the server offers a channel. Returns the channel and its FIFO. */
function established({ a, b, first, second, channels, world }: ReturnType<typeof setUp>) {
  for (let i = 0; i < 5; i++) {
    first.send(a, item(i), null, true, true);
    if (i < 4) assert.deepEqual(ask(() => second.follow(b, 0, true)).value, { item: item(i) });
  }
  const [offer] = told(a);
  assert.ok(offer, "an offer");
  return { channel: world.engine.channels.get(offer.channel)!, number: offer.channel, fifo: channels.at(offer.path!) };
}

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

  test("is announced again to a reader that does not name it, before that reader is told that the writer has left", () => {
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

  test("does not block a third session for ever when its reader or writer does not leave", () => {
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

/** A process that uses channels as SPEC.md says, and reads its notifications when the test lets it. */
class Follower {
  readonly client: Client;
  readonly end: PipeEnd;
  readonly #channels: FakeChannels;
  readonly #world: FakeWorld;
  #heard = 0;
  #offer: Params<typeof pipe.channel> | null = null;
  #writes: { number: number; items: Uint8Array[] } | null = null;
  #reads: { number: number; items: Uint8Array[]; dismissed: boolean } | null = null;
  #pending: Probe<unknown> | null = null;
  readonly received: number[] = [];

  constructor(world: FakeWorld, channels: FakeChannels, client: Client, end: PipeEnd) {
    this.#world = world;
    this.#channels = channels;
    this.client = client;
    this.end = end;
  }

  /** Reads one notification. */
  hear(): void {
    const message = told(this.client)[this.#heard];
    if (!message) return;
    this.#heard++;
    if (message.path !== null) {
      this.#offer = message;
      return;
    }
    if (this.#offer?.channel === message.channel) this.#offer = null;
    if (this.#writes?.number === message.channel) this.#writes = null;
    // Answers that arrived before this notification are read before it.
    this.settle();
    if (this.#reads?.number === message.channel) this.#reads = null;
    this.#left(message.channel);
  }

  send(n: number): void {
    if (this.#offer) {
      this.#writes = { number: this.#offer.channel, items: this.#channels.at(this.#offer.path!).items };
      this.#world.engine.channels.get(this.#offer.channel)!.entered(this.client);
      this.#offer = null;
    }
    if (this.#writes && this.#writes.items.length < 3) this.#writes.items.push(item(n));
    else {
      const channel = this.#writes?.number;
      this.#writes = null;
      if (channel !== undefined) this.#left(channel);
      this.end.send(this.client, item(n), null, true, true);
    }
  }

  receive(): void {
    this.settle();
    if (this.#pending) {
      if (this.#reads && this.#reads.items.length > 0) {
        this.#pending.cancel();
        this.#pending = null;
      } else return;
    }
    if (this.#reads) {
      const next = this.#reads.items.shift();
      if (next) {
        this.received.push(number(next));
        return;
      }
      if (this.#reads.dismissed) {
        const { number: channel } = this.#reads;
        this.#reads = null;
        this.#left(channel);
      }
    }
    this.#pending = ask(() => this.end.follow(this.client, null, true, this.#reads?.number));
    this.settle();
  }

  /** Handles the answer that has arrived. */
  settle(): void {
    if (!this.#pending || this.#pending.open) return;
    const { value, failure } = this.#pending.failure
      ? { value: null, failure: true }
      : {
          value: this.#pending.value as { item?: Payload; channel?: { channel: number; path: string } | null },
          failure: false,
        };
    this.#pending = null;
    if (failure || !value) return;
    if (value.item) this.received.push(number(value.item));
    else if (value.channel)
      this.#reads = {
        number: value.channel.channel,
        items: this.#channels.at(value.channel.path).items,
        dismissed: false,
      };
    else if (this.#reads) this.#reads.dismissed = true;
  }

  #left(channel: number): void {
    this.#world.engine.channels.get(channel)?.left(this.client, this.end.handle);
  }
}

suite("sessions that send, receive, leave and die in random order", () => {
  test("every item through a pipe is received once, and by each receiver in order", () => {
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.constant("send" as const) },
      { weight: 8, arbitrary: fc.constant("receive" as const) },
      { weight: 3, arbitrary: fc.constantFrom("hear writer" as const, "hear reader" as const) },
      {
        weight: 1,
        arbitrary: fc.constantFrom("other receives" as const, "other sends" as const, "reader dies" as const),
      },
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 120 }), (steps) => {
        const { world, channels, a, b, c, first, second } = setUp();
        const { registry } = world.engine;
        registry.retain(c, first.handle);
        registry.retain(c, second.handle);
        const writer = new Follower(world, channels, a, first);
        let reader = new Follower(world, channels, b, second);
        const readers = [reader];
        const others: Probe<{ item: Payload }>[] = [];
        let last = 0;
        const sentByOther: number[] = [];
        for (const what of steps) {
          if (what === "send") writer.send(++last);
          else if (what === "receive") reader.receive();
          else if (what === "hear writer") writer.hear();
          else if (what === "hear reader") reader.hear();
          else if (what === "other receives") others.push(ask(() => second.recv(c, null)));
          else if (what === "other sends") {
            first.send(c, item(++last), null, true, false);
            sentByOther.push(last);
          } else {
            // Items that were answered to the reader are received, though it dies.
            reader.settle();
            reader.client.end(true);
            const next = world.session();
            registry.retain(next, second.handle);
            readers.push((reader = new Follower(world, channels, next, second)));
          }
        }
        // No more requests: the last reader receives all remaining items.
        for (const other of others) other.cancel();
        for (let i = 0; i < 4 * last + 40; i++) {
          writer.hear();
          reader.hear();
          reader.receive();
        }
        const receivers = [
          ...readers.map(({ received }) => received),
          others.filter((other) => !other.open && !other.failure).map((other) => number(other.value.item)),
        ];
        assert.deepEqual(
          receivers.flat().toSorted((x, y) => x - y),
          Array.from({ length: last }, (_, i) => i + 1),
        );
        for (const received of receivers) {
          // Items of two concurrent senders have no order between them.
          const ofWriter = received.filter((n) => !sentByOther.includes(n));
          assert.deepEqual(
            ofWriter,
            ofWriter.toSorted((x, y) => x - y),
          );
        }
        for (const session of [a, c, reader.client]) session.end(true);
        assert.equal(channels.left, 0);
        assert.equal(registry.size, 0);
      }),
      { numRuns: 2000 },
    );
  });
});
