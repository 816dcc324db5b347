import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import type { Params } from "../../../../protocol/message.js";
import type * as pipe from "../../../../protocol/pipe.js";
import type { Payload } from "../../../../protocol/schema.js";
import type { PipeEnd } from "../../../../server/engine/streams/pipe.js";
import type { FakeWorld } from "../fake-engine.js";
import { ask, type Probe } from "../probe.js";
import { type FakeChannels, item, number, setUp, told, type Client } from "./pipe-world.js";

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
