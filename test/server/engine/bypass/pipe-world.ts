import assert from "node:assert/strict";
import * as pipe from "../../../../protocol/pipe.js";
import type { Payload } from "../../../../protocol/schema.js";
import type { Session } from "../../../../server/engine/session.js";
import { fakeSpawner, FakeWorld } from "../fake-engine.js";
import type { FakePeer } from "../fake-peer.js";
import { ask } from "../probe.js";
import { joinedPipe } from "../streams/joined-pipe.js";

export type Client = Session & { readonly peer: FakePeer };

/** A fake FIFO. Its path is its index in the list. */
export class FakeChannels {
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

export const item = (n: number) => Uint8Array.of(n >> 8, n & 255);
export const number = (payload: Payload) => ((payload as Uint8Array)[0]! << 8) | (payload as Uint8Array)[1]!;

export function setUp() {
  const channels = new FakeChannels();
  const world = new FakeWorld({}, { ...fakeSpawner, openChannel: channels.openChannel });
  const [a, b, c] = [world.session(), world.session(), world.session()];
  const [first, second] = joinedPipe(world, a, b);
  return { world, channels, a, b, c, first, second };
}

export function fail(): never {
  throw new Error("this test has no children, and makes no ends");
}

export const told = (client: Client) => client.peer.received(pipe.channel);

/** Sends and receives items until the server offers a channel. Returns the channel and its FIFO. */
export function established({ a, b, first, second, channels, world }: ReturnType<typeof setUp>) {
  for (let i = 0; i < 5; i++) {
    first.send(a, item(i), null, true, true);
    if (i < 4) assert.deepEqual(ask(() => second.follow(b, 0, true)).value, { item: item(i) });
  }
  const [offer] = told(a);
  assert.ok(offer, "an offer");
  return { channel: world.engine.channels.get(offer.channel)!, number: offer.channel, fifo: channels.at(offer.path!) };
}
