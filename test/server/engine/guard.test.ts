import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { PolyprocError } from "../../../protocol/errors.js";
import type { JobObserver } from "../../../server/engine/pools/job.js";
import { OncePerTurn } from "../../../server/engine/guard.js";
import { Lock, type Acquired } from "../../../server/engine/sync/lock.js";
import { Wait } from "../../../server/engine/wait.js";
import { fakeSpawner, FakeWorld } from "./fake-engine.js";
import { settle } from "./fake-hosts.js";
import { firstHost, RunWorld } from "./runs/run-world.js";

const boom = new Error("boom");
const fail = () => {
  throw boom;
};

/** Collects the exceptions that the engine reports, which otherwise fail the test. */
function gatherFaults(world: FakeWorld): unknown[] {
  const faults: unknown[] = [];
  world.onFault = (error) => void faults.push(error);
  return faults;
}

suite("an unexpected exception", () => {
  test("in deferred work is reported, and ends the principal of the work", async () => {
    const world = new FakeWorld();
    const faults = gatherFaults(world);
    const [first, second, third, fourth] = [world.session(), world.session(), world.session(), world.session()];
    const { peer } = first;
    world.engine.guard.soon(first, fail);
    world.engine.guard.after(10, second, fail);
    world.engine.guard.whenRead(third.peer, third, fail);
    world.engine.guard.after(10, null, fail);
    await settle();
    assert.deepEqual([first.ended, second.ended, third.ended], [true, false, false]);
    world.clock.advance(10);
    third.peer.drain();
    await settle();
    assert.deepEqual([second.ended, third.ended, fourth.ended], [true, true, false]);
    assert.match(peer.closedWith!.message, /a fault of the server's own, please report it: boom/);
    assert.deepEqual(faults, [boom, boom, boom, boom]);
  });

  test("in work that runs once a turn does not keep it from running in the next turn", async () => {
    const world = new FakeWorld();
    const faults = gatherFaults(world);
    let runs = 0;
    const once = new OncePerTurn(world.engine.guard, null, () => {
      runs++;
      if (runs === 1) once.schedule();
      throw boom;
    });
    once.schedule();
    once.schedule();
    assert.equal(runs, 0, "it waits for the end of the turn");
    await Promise.resolve();
    assert.equal(runs, 1, "once for both");
    await Promise.resolve();
    assert.equal(runs, 2, "what asks for it while it runs is heard");
    assert.deepEqual(faults, [boom, boom]);
  });

  test("in the answer to one waiter does not keep the next one waiting", async () => {
    const world = new FakeWorld();
    const faults = gatherFaults(world);
    const [holder, bad, good] = [world.session(), world.session(), world.session()];
    const lock = new Lock(world.engine, "lock:@l");
    lock.acquire(holder, "", null);
    const failing = lock.acquire(bad, "", null) as Wait<Acquired>;
    const next = lock.acquire(good, "", null) as Wait<Acquired>;
    failing.onSettled(fail);
    lock.release(holder, "");
    await settle();
    assert.ok(bad.ended, "it could not be told");
    assert.ok(next.settled, "what it held was let go");
    assert.deepEqual(faults, [boom]);
  });

  test("while a session releases one object at its end does not keep the others", () => {
    const world = new FakeWorld();
    const faults = gatherFaults(world);
    const session = world.session();
    let ends = 0;
    session.holdings.add({ holderEnded: fail });
    session.holdings.add({ holderEnded: () => ends++ });
    session.onEnd(fail);
    session.onEnd(() => ends++);
    const bad = new Wait(session, { onLeave: fail });
    const good = new Wait(session, { onLeave: () => ends++ });
    session.end(true);
    assert.equal(ends, 3);
    assert.ok(bad.settled && good.settled);
    assert.deepEqual(faults, [boom, boom, boom]);
    assert.equal(world.engine.sessions.size, 0);
  });

  test("in a run's observer ends only that run, with the fault as its items' error", async () => {
    const world = new RunWorld();
    const faults = gatherFaults(world);
    const [broken, fine] = [world.start(2, { processes: 1 }), world.start(2, { processes: 1 })];
    (broken as JobObserver).settled = fail;
    const host = await firstHost(world);
    host.succeed(host.begin()!);
    await settle();
    for (const each of world.hosts) if (each.signals.includes("SIGKILL")) each.die();
    await settle();
    assert.ok(faults.length > 0 && faults.every((fault) => fault === boom));
    assert.ok(broken.ended);
    assert.deepEqual(
      [broken.describeRun().failed, broken.describeRun().queued, broken.describeRun().running],
      [2, 0, 0],
    );
    await world.runAll();
    assert.deepEqual([fine.ended, fine.describeRun().done], [true, 2]);
  });

  test("in the start of a process fails the start, and leaves no process in state starting", async () => {
    const world = new FakeWorld(
      {},
      {
        ...fakeSpawner,
        startHost: fail,
        startCommand: fail,
        runtimes: () => ["node"],
      },
    );
    const faults = gatherFaults(world);
    const session = world.session();
    for (const [i, target] of [{ command: "true" }, { module: "/tasks.js", export: "work" }].entries()) {
      const start = world.engine.processes.start(session, { process: `process:${session.id}.${i}`, target });
      let error: PolyprocError | undefined;
      start.onSettled((outcome) => (error = outcome.ok ? undefined : outcome.error));
      await settle();
      assert.equal(error?.codeName, "SpawnFailed");
    }
    assert.deepEqual(world.engine.processes.list(false), []);
    assert.equal(faults.length, 2);
  });
});
