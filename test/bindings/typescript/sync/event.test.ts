import assert from "node:assert/strict";
import { after, test } from "node:test";
import {
  Barrier,
  BrokenBarrier,
  Condition,
  Event,
  Lock,
  Process,
  Queue,
  shutdown,
  task,
} from "../../../../bindings/typescript/index.js";
import { waitFor, within } from "../../../deadline.js";
import { children } from "../fixtures/modules.js";
import { countRound, waitAtBarrier, waitForEvent, waitOnCondition } from "../fixtures/children.js";

after(shutdown);

async function started(...args: ConstructorParameters<typeof Process>): Promise<Process> {
  const child = new Process(...args);
  child.daemon = true;
  await child.start();
  return child;
}

test("an event is set, waited for and cleared", async () => {
  const event = new Event();
  assert.equal(await event.isSet(), false);
  assert.equal(await event.wait(5), false);
  await event.set();
  assert.equal(await event.isSet(), true);
  assert.equal(await event.wait(), true);
  await event.clear();
  assert.equal(await event.isSet(), false);
});

test("an event wakes another process", async () => {
  const event = new Event();
  const done = new Queue<boolean>();
  await started({ target: task(children, waitForEvent), args: [event, done] });
  await event.set();
  assert.equal(await within(done.get(), "the child"), true);
});

test("a condition notifies another process, which has the lock when it goes on", async () => {
  const condition = new Condition();
  const ready = new Queue<string>();
  await started({ target: task(children, waitOnCondition), args: [condition, ready] });
  assert.equal(await within(ready.get(), "the child"), "waits");
  await waitFor(async () => (await condition.waiters()) === 1);
  await condition.use(() => condition.notify());
  assert.equal(await within(ready.get(), "the notification"), "notified: true");
});

test("a condition that is not notified in time returns false, with the lock held", async () => {
  const lock = new Lock();
  const condition = new Condition(lock);
  await condition.acquire();
  assert.equal(await condition.wait(5), false);
  assert.equal(await lock.locked(), true);
  await condition.release();
  assert.equal(await lock.locked(), false);
});

test("a condition is used only with its lock held", async () => {
  const condition = new Condition();
  await assert.rejects(condition.wait(5), { codeName: "NotOwner" });
  await assert.rejects(condition.notify(), { codeName: "NotOwner" });
  await assert.rejects(condition.notifyAll(), { codeName: "NotOwner" });
});

test("waitFor asks again at each notification, and ends at its timeout", async () => {
  const condition = new Condition();
  let value = 0;
  const waiting = condition.use(() => condition.waitFor(() => value >= 3 && value));
  for (let i = 1; i <= 3; i++) {
    await waitFor(async () => (await condition.waiters()) === 1);
    await condition.use(async () => {
      value = i;
      await condition.notifyAll();
    });
  }
  assert.equal(await waiting, 3);
  assert.equal(await condition.use(() => condition.waitFor(() => false, 20)), false);
});

test("a condition is made over a lock", () => {
  assert.throws(() => new Condition({} as never), TypeError);
});

test("a barrier lets its parties go together, each with a number of its own", async () => {
  const barrier = new Barrier(3);
  const indexes = new Queue<number>();
  for (let i = 0; i < 2; i++) await started({ target: task(children, waitAtBarrier), args: [barrier, indexes] });
  await waitFor(async () => (await barrier.waiting()) === 2);
  const mine = await within(barrier.wait(), "the barrier");
  const all = [mine, await indexes.get(), await indexes.get()];
  assert.deepEqual(
    all.toSorted((a, b) => a - b),
    [0, 1, 2],
  );
  assert.equal(await barrier.parties(), 3);
  assert.equal(await barrier.broken(), false);
});

test("a barrier's action runs once a round, before any party continues", async () => {
  const events: string[] = [];
  const barrier = new Barrier(2, { action: () => void events.push("action") });
  const party = async () => {
    await barrier.wait();
    events.push("on");
  };
  await Promise.all([party(), party()]);
  await Promise.all([party(), party()]);
  assert.deepEqual(events, ["action", "on", "on", "action", "on", "on"]);
});

test("a barrier takes its action along to other processes", async () => {
  const barrier = new Barrier(2, { action: task(children, countRound) });
  const indexes = new Queue<number>();
  const parties = [
    await started({ target: task(children, waitAtBarrier), args: [barrier, indexes] }),
    await started({ target: task(children, waitAtBarrier), args: [barrier, indexes] }),
  ];
  const all = [await within(indexes.get(), "a party"), await within(indexes.get(), "the other party")];
  assert.deepEqual(
    all.toSorted((a, b) => a - b),
    [0, 1],
  );
  for (const party of parties) {
    await party.join();
    assert.equal(party.exitCode, 0);
  }
});

test("an action that throws breaks the barrier for all", async () => {
  const barrier = new Barrier(2, {
    action: () => {
      throw new Error("on purpose");
    },
  });
  const outcomes = await Promise.allSettled([barrier.wait(), barrier.wait()]);
  for (const outcome of outcomes) assert.ok(outcome.status === "rejected" && outcome.reason instanceof BrokenBarrier);
  assert.ok(outcomes.some((outcome) => /on purpose/.test(String((outcome as PromiseRejectedResult).reason))));
  assert.equal(await barrier.broken(), true);
});

test("a barrier breaks at its timeout, and works again after reset", async () => {
  const barrier = new Barrier(2, { timeoutMs: 10 });
  await assert.rejects(barrier.wait(), BrokenBarrier);
  assert.equal(await barrier.broken(), true);
  await assert.rejects(barrier.wait(null), BrokenBarrier);
  await barrier.reset();
  await Promise.all([barrier.wait(null), barrier.wait(null)]);
});

test("abort breaks the barrier for the waiting parties", async () => {
  const barrier = new Barrier(2);
  const waiting = barrier.wait();
  await waitFor(async () => (await barrier.waiting()) === 1);
  await barrier.abort();
  await assert.rejects(waiting, BrokenBarrier);
});

test("a party that is killed breaks the barrier", async () => {
  const barrier = new Barrier(3);
  const party = await started({ target: task(children, waitAtBarrier), args: [barrier, new Queue<number>()] });
  const waiting = barrier.wait();
  await waitFor(async () => (await barrier.waiting()) === 2);
  await party.kill();
  await assert.rejects(within(waiting, "the broken barrier"), BrokenBarrier);
});

test("a barrier has a party at least", () => {
  assert.throws(() => new Barrier(0), TypeError);
});
