import { payloadData, type Payload } from "../../../../protocol/schema.js";
import { Lending, lendingOf } from "../../../../server/engine/bypass/lending.js";
import { Queue } from "../../../../server/engine/streams/queue.js";
import type { Session } from "../../../../server/engine/session.js";
import { FakeWorld } from "../fake-engine.js";
import type { FakeTally } from "../fake-tally.js";
import { ask, type Probe } from "../probe.js";

/** A session that counts what it hands to its program, as a binding does. */
export class Borrower {
  readonly session: Session;
  readonly tally: FakeTally;
  readonly #queue: Queue;

  constructor(world: FakeWorld, queue: Queue) {
    this.session = world.session();
    this.#queue = queue;
    world.engine.registry.retain(this.session, queue.handle);
    Lending.of(this.session, world.engine.options.openTally)!.give();
    this.tally = world.tallies.at(-1)!;
  }

  count(slot = 0): number {
    return this.tally.read(slot);
  }

  borrow(max: number, slot = 0, timeoutMs?: number): Probe<{ items: Payload[] }> {
    return ask(() => this.#queue.get(this.session, max, timeoutMs, { slot, count: this.count(slot) }));
  }

  /** Hands this many items to its program. */
  hand(n: number, slot = 0): void {
    this.tally.counts[slot] = this.count(slot) + n;
  }

  settle(...slots: number[]): void {
    lendingOf(this.session).settle(slots.map((slot) => ({ slot, count: this.count(slot) })));
  }
}

export function setUp(joinable = false) {
  const world = new FakeWorld();
  const root = world.session();
  const queue = world.engine.registry.create(
    root,
    "queue:@it",
    Queue,
    () => new Queue(world.engine, "queue:@it", { maxSize: 0, joinable }),
  );
  const borrower = new Borrower(world, queue);
  const put = (...items: (number | Payload)[]) =>
    queue.put(
      root,
      items.map((item) => (typeof item === "number" ? Uint8Array.of(item) : item)),
      null,
    );
  const take = (max = 100) => (queue.status().size === 0 ? [] : values(ask(() => queue.get(root, max, 0)).value.items));
  return { world, root, queue, borrower, put, take };
}

export const values = (items: readonly Payload[]) => items.map((item) => payloadData(item)[0]!);
