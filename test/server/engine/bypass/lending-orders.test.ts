import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import type { Payload } from "../../../../protocol/schema.js";
import { ask, type Probe } from "../probe.js";
import { Borrower, setUp } from "./lending-world.js";

suite("items on loan", () => {
  test("are never lost, doubled or reordered when sessions borrow, settle, cancel and die at random", () => {
    const who = fc.integer({ min: 0, max: 2 });
    const slot = fc.integer({ min: 0, max: 1 });
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ do: fc.constant("put" as const), count: fc.integer({ min: 1, max: 6 }) }) },
      {
        weight: 5,
        arbitrary: fc.record({
          do: fc.constant("borrow" as const),
          who,
          slot,
          max: fc.integer({ min: 1, max: 5 }),
          waits: fc.boolean(),
        }),
      },
      {
        weight: 6,
        arbitrary: fc.record({ do: fc.constant("hand" as const), who, slot, n: fc.integer({ min: 1, max: 3 }) }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ do: fc.constant("settle" as const), who, slots: fc.subarray([0, 1], { minLength: 1 }) }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("cancel" as const), pick: fc.nat(5) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("die" as const), who, orderly: fc.boolean() }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        interface Actor {
          borrower: Borrower;
          /** Items on loan that were not handed out, by slot, in the order of lending. */
          loans: Map<number, number[]>;
        }
        interface Waiting {
          actor: Actor;
          slot: number;
          max: number;
          probe: Probe<{ items: Payload[] }>;
        }
        const { world, root, queue, borrower } = setUp();
        borrower.session.end(false);
        const actors = [0, 1, 2].map((): Actor => ({ borrower: new Borrower(world, queue), loans: new Map() }));
        let items: number[] = [];
        let waiting: Waiting[] = [];
        let stored = 0;
        let handed = 0;
        const lend = ({ actor, slot, max, probe }: Waiting) => {
          assert.deepEqual(probe.value.items.map(number), items.slice(0, max));
          actor.loans.set(slot, items.slice(0, max));
          items = items.slice(max);
        };
        const serve = () => {
          for (let next; items.length > 0 && (next = waiting.shift());) lend(next);
        };
        const comesBack = ({ loans }: Actor, slots: readonly number[]) => {
          const back = [...loans].filter(([of]) => slots.includes(of));
          for (const [of] of back) loans.delete(of);
          items = [...back.flatMap(([, rest]) => rest), ...items].toSorted((a, b) => a - b);
          serve();
        };
        const leave = (of: (waiting: Waiting) => boolean) => {
          for (const { probe } of waiting.filter(of)) assert.equal(probe.failure, "RequestCancelled");
          waiting = waiting.filter((one) => !of(one));
        };
        const waits = (actor: Actor, of: number) => waiting.some((one) => one.actor === actor && one.slot === of);
        const die = (actor: Actor, died: boolean) => {
          actor.borrower.session.end(died);
          leave((one) => one.actor === actor);
          comesBack(actor, [0, 1]);
          assert.ok(actor.borrower.tally.closed);
        };
        for (const s of steps) {
          switch (s.do) {
            case "put": {
              const numbers = Array.from({ length: s.count }, () => stored++);
              queue.put(root, numbers.map(payload), null);
              items.push(...numbers);
              serve();
              break;
            }
            case "borrow": {
              const actor = actors[s.who]!;
              // A counter has one request at a time.
              if (waits(actor, s.slot)) break;
              const probe = actor.borrower.borrow(s.max, s.slot, s.waits ? undefined : 0);
              comesBack(actor, [s.slot]);
              if (items.length > 0) lend({ actor, slot: s.slot, max: s.max, probe });
              else if (s.waits) waiting.push({ actor, slot: s.slot, max: s.max, probe });
              else assert.equal(probe.failure, "Empty");
              break;
            }
            case "hand": {
              const { borrower: by, loans } = actors[s.who]!;
              const n = loans.get(s.slot)?.splice(0, s.n).length ?? 0;
              if (n > 0) by.hand(n, s.slot);
              handed += n;
              break;
            }
            case "settle": {
              const actor = actors[s.who]!;
              const slots = s.slots.filter((of) => !waits(actor, of));
              if (slots.length === 0) break;
              actor.borrower.settle(...slots);
              comesBack(actor, slots);
              break;
            }
            case "cancel": {
              const chosen = waiting[s.pick % Math.max(1, waiting.length)];
              chosen?.probe.cancel();
              leave((one) => one === chosen);
              break;
            }
            case "die": {
              const actor = actors[s.who]!;
              die(actor, !s.orderly);
              actors[s.who] = { borrower: new Borrower(world, queue), loans: new Map() };
              break;
            }
          }
          assert.deepEqual([queue.status().size, queue.status().getters], [items.length, waiting.length]);
        }
        for (const actor of actors) die(actor, true);
        assert.equal(handed + items.length, stored);
        const rest: number[] = [];
        while (queue.status().size > 0) rest.push(...ask(() => queue.get(root, 1000, 0)).value.items.map(number));
        assert.deepEqual(rest, items);
        root.end(true);
        assert.equal(world.engine.registry.size, 0);
      }),
    );
  });
});

const payload = (n: number): Payload => Uint8Array.of(n >> 8, n & 255);
const number = (item: Payload) => (item as Uint8Array)[0]! * 256 + (item as Uint8Array)[1]!;
