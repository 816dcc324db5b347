import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { Lock } from "../../../server/engine/sync/lock.js";
import { Queue } from "../../../server/engine/streams/queue.js";
import { Semaphore } from "../../../server/engine/sync/semaphore.js";
import type { Session } from "../../../server/engine/session.js";
import { FakeWorld } from "./fake-engine.js";
import { AcquireLine, Line, type Acquired, type Request } from "./model-line.js";
import { ask, type Probe } from "./probe.js";

/** Compares random requests of a few sessions, with cancellations, timeouts and deaths, with a simple model. */
const who = fc.integer({ min: 0, max: 3 });
const common = [
  fc.record({ do: fc.constant("cancel" as const), pick: fc.nat(50) }),
  fc.record({ do: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 30 }) }),
  fc.record({ do: fc.constant("die" as const), who, orderly: fc.boolean() }),
] as const;
type Disturbance = (typeof common)[number] extends fc.Arbitrary<infer Step> ? Step : never;
const timeoutMs = fc.option(fc.integer({ min: 0, max: 40 }), { nil: null });

class Actors {
  readonly world = new FakeWorld();
  readonly root = this.world.session();
  readonly sessions: Session[];
  readonly handle: string;

  constructor(handle: string) {
    this.handle = handle;
    this.sessions = [0, 1, 2, 3].map(() => this.world.session());
  }

  at(i: number): Session {
    return this.sessions[i]!;
  }

  /** Ends a session and replaces it with a new one. */
  die(i: number, died: boolean): Session {
    const session = this.at(i);
    session.end(died);
    this.sessions[i] = this.world.session();
    return session;
  }

  /** What may happen to the requests in a line for locks or permits. Returns the session that has ended, if one has. */
  disturb(line: AcquireLine, step: Disturbance): Session | null {
    switch (step.do) {
      case "cancel":
        line.cancel(step.pick);
        return null;
      case "pass":
        this.world.clock.advance(step.ms);
        line.pass(this.world.clock.now());
        return null;
      case "die": {
        const dead = this.die(step.who, !step.orderly);
        line.end(dead);
        return dead;
      }
    }
  }

  deadline(timeout: number | null): number {
    return timeout === null ? Infinity : this.world.clock.now() + timeout;
  }

  /** At the end: no ended session has left anything behind. */
  checkClean(): void {
    for (const session of this.sessions) session.end(true);
    this.root.end(true);
    this.world.clock.advance(10_000);
    assert.equal(this.world.engine.registry.size, 0);
    assert.equal(this.world.clock.timers, 0);
  }
}

suite("under random requests, in random order", () => {
  test("a lock has one holder, serves in order, answers every waiter, and reports each death once", () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ do: fc.constant("acquire" as const), who, timeoutMs }) },
      { weight: 4, arbitrary: fc.record({ do: fc.constant("release" as const), who }) },
      ...common.map((arbitrary) => ({ weight: 1, arbitrary })),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const actors = new Actors("lock:@m");
        const lock = actors.world.engine.registry.create(
          actors.root,
          actors.handle,
          Lock,
          () => new Lock(actors.world.engine, actors.handle),
        );
        const line = new AcquireLine();
        let holder: Session | null = null;
        let flag = false;
        const hand = () => {
          const next = line.shift();
          holder = next?.session ?? null;
          if (!next) return;
          assert.deepEqual(next.probe.value, { acquired: true, ownerDied: flag });
          flag = false;
        };
        for (const s of steps) {
          switch (s.do) {
            case "acquire": {
              const session = actors.at(s.who);
              const probe = ask(() => lock.acquire(session, "", s.timeoutMs));
              if (!holder) {
                assert.deepEqual(probe.value, { acquired: true, ownerDied: flag });
                holder = session;
                flag = false;
              } else if (s.timeoutMs === 0) assert.equal(probe.value.acquired, false);
              else line.waiting.push({ session, probe, deadline: actors.deadline(s.timeoutMs) });
              break;
            }
            case "release":
              if (!holder) assert.throws(() => lock.release(actors.at(s.who), ""), { codeName: "BadState" });
              else {
                lock.release(actors.at(s.who), "");
                hand();
              }
              break;
            default:
              if (actors.disturb(line, s) !== holder || !holder) break;
              flag = true;
              hand();
          }
          assert.deepEqual(lock.status(), {
            locked: holder !== null,
            holder: (holder as Session | null)?.id ?? null,
            depth: holder ? 1 : 0,
            waiters: line.waiting.length,
          });
          assert.ok(line.waiting.every((request) => request.probe.open));
        }
        actors.checkClean();
      }),
    );
  });

  test("a semaphore has exactly the right number of permits, and no session waits while one is free", () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ do: fc.constant("acquire" as const), who, timeoutMs }) },
      {
        weight: 4,
        arbitrary: fc.record({ do: fc.constant("release" as const), who, n: fc.integer({ min: 1, max: 3 }) }),
      },
      ...common.map((arbitrary) => ({ weight: 1, arbitrary })),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.nat(3), fc.boolean(), (steps, initial, bounded) => {
        const actors = new Actors("semaphore:@m");
        const semaphore = actors.world.engine.registry.create(
          actors.root,
          actors.handle,
          Semaphore,
          () => new Semaphore(actors.world.engine, actors.handle, initial, bounded),
        );
        const line = new AcquireLine();
        const held = new Map<Session, number>();
        let value = initial;
        let signal = false;
        let flag = false;
        const take = (session: Session, probe: Probe<Acquired>) => {
          assert.deepEqual(probe.value, { acquired: true, ownerDied: flag });
          flag = false;
          value--;
          held.set(session, (held.get(session) ?? 0) + 1);
        };
        const serve = () => {
          while (value > 0 && line.waiting.length > 0) {
            const next = line.shift()!;
            take(next.session, next.probe);
          }
        };
        for (const s of steps) {
          switch (s.do) {
            case "acquire": {
              const session = actors.at(s.who);
              const probe = ask(() => semaphore.acquire(session, "", s.timeoutMs));
              if (value > 0) take(session, probe);
              else if (s.timeoutMs === 0) assert.equal(probe.value.acquired, false);
              else line.waiting.push({ session, probe, deadline: actors.deadline(s.timeoutMs) });
              break;
            }
            case "release": {
              const session = actors.at(s.who);
              if (bounded && value + s.n > initial) {
                assert.throws(() => semaphore.release(session, "", s.n), { codeName: "BadState" });
                break;
              }
              semaphore.release(session, "", s.n);
              const left = (held.get(session) ?? 0) - s.n;
              if (left < 0) signal = true;
              else held.set(session, left);
              value += s.n;
              serve();
              break;
            }
            default: {
              const dead = actors.disturb(line, s);
              const back = (dead && held.get(dead)) ?? 0;
              if (dead) held.delete(dead);
              if (back === 0 || signal || (s.do === "die" && s.orderly)) break;
              flag = true;
              value += back;
              serve();
              break;
            }
          }
          assert.equal(semaphore.status().value, value);
          assert.equal(semaphore.status().waiters, line.waiting.length);
          assert.ok(line.waiting.every((request) => request.probe.open));
        }
        actors.checkClean();
      }),
    );
  });

  test("a queue keeps every stored item, once and in order, and its size is right", () => {
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          do: fc.constant("put" as const),
          who,
          count: fc.integer({ min: 1, max: 4 }),
          timeoutMs,
        }),
      },
      {
        weight: 5,
        arbitrary: fc.record({ do: fc.constant("get" as const), who, max: fc.integer({ min: 1, max: 4 }), timeoutMs }),
      },
      ...common.map((arbitrary) => ({ weight: 1, arbitrary })),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.nat(3), (steps, maxSize) => {
        interface Put extends Request<null> {
          rest: number[];
          stored: number;
        }
        interface Get extends Request<{ items: unknown[] }> {
          max: number;
        }
        const actors = new Actors("queue:@m");
        const queue = actors.world.engine.registry.create(
          actors.root,
          actors.handle,
          Queue,
          () => new Queue(actors.world.engine, actors.handle, { maxSize, joinable: false }),
        );
        const putters = new Line<null, Put>();
        const getters = new Line<{ items: unknown[] }, Get>();
        let items: number[] = [];
        let next = 0;
        const payload = (n: number) => Uint8Array.of(n >> 8, n & 255);
        const give = (get: Get) => {
          assert.deepEqual(get.probe.value.items, items.slice(0, get.max).map(payload));
          items = items.slice(get.max);
        };
        const flow = () => {
          for (let moved = true; moved;) {
            moved = false;
            const put = putters.waiting[0];
            while (put && put.rest.length > 0 && (maxSize === 0 || items.length < maxSize)) {
              items.push(put.rest.shift()!);
              put.stored++;
              moved = true;
            }
            while (items.length > 0 && getters.waiting.length > 0) {
              give(getters.shift()!);
              moved = true;
            }
            if (put?.rest.length === 0) {
              assert.equal(putters.shift()?.probe.value, null);
              moved = true;
            }
          }
        };
        const expelled = (puts: Put[], failure: string) => {
          for (const put of puts) {
            assert.equal(put.probe.failure, failure);
            assert.equal(put.probe.error.data["stored"], put.stored);
          }
        };
        for (const s of steps) {
          switch (s.do) {
            case "put": {
              const session = actors.at(s.who);
              const numbers = Array.from({ length: s.count }, () => next++);
              const probe = ask(() => queue.put(session, numbers.map(payload), s.timeoutMs));
              putters.waiting.push({
                session,
                probe,
                deadline: actors.deadline(s.timeoutMs),
                rest: numbers,
                stored: 0,
              });
              flow();
              if (s.timeoutMs === 0)
                expelled(
                  putters.leave((put) => put.probe === probe),
                  "Full",
                );
              break;
            }
            case "get": {
              const session = actors.at(s.who);
              const probe = ask(() => queue.get(session, s.max, s.timeoutMs));
              const get: Get = { session, probe, deadline: actors.deadline(s.timeoutMs), max: s.max };
              if (items.length > 0) {
                give(get);
                flow();
              } else if (s.timeoutMs === 0) assert.equal(probe.failure, "Empty");
              else getters.waiting.push(get);
              break;
            }
            case "cancel": {
              const all = [...putters.waiting, ...getters.waiting];
              const chosen = all[s.pick % Math.max(1, all.length)];
              chosen?.probe.cancel();
              expelled(
                putters.leave((put) => put === chosen),
                "RequestCancelled",
              );
              for (const { probe } of getters.leave((get) => get === chosen))
                assert.equal(probe.failure, "RequestCancelled");
              flow();
              break;
            }
            case "pass":
              actors.world.clock.advance(s.ms);
              expelled(
                putters.leave((put) => put.deadline <= actors.world.clock.now()),
                "Full",
              );
              for (const { probe } of getters.leave((get) => get.deadline <= actors.world.clock.now()))
                assert.equal(probe.failure, "Empty");
              flow();
              break;
            case "die": {
              const dead = actors.die(s.who, !s.orderly);
              for (const { probe } of putters.leave((put) => put.session === dead))
                assert.equal(probe.failure, "RequestCancelled");
              for (const { probe } of getters.leave((get) => get.session === dead))
                assert.equal(probe.failure, "RequestCancelled");
              flow();
              break;
            }
          }
          const status = queue.status();
          assert.deepEqual(
            [status.size, status.putters, status.getters],
            [items.length, putters.waiting.length, getters.waiting.length],
          );
          assert.ok([...putters.waiting, ...getters.waiting].every((request) => request.probe.open));
        }
        actors.checkClean();
      }),
    );
  });
});
