import assert from "node:assert/strict";
import { test } from "node:test";
import { BrokenBarrier, task, type Client, type Condition, type Lock, type RLock, type Semaphore } from "polyproc";
import { waitFor, within } from "../deadline.js";
import { setStage } from "./stage.js";
import * as tasks from "./tasks.js";

const meta = { url: new URL("./tasks.js", import.meta.url).href };

type Held = Lock | RLock | Semaphore | Condition;

const kinds: [name: string, make: (mp: Client) => Held, times: number][] = [
  ["a Lock", (mp) => new mp.Lock(), 1],
  ["an RLock that was taken three times", (mp) => new mp.RLock(), 3],
  ["a Semaphore", (mp) => new mp.Semaphore(1), 1],
  ["all three permits of a BoundedSemaphore", (mp) => new mp.BoundedSemaphore(3), 3],
  ["a Condition's lock", (mp) => new mp.Condition(), 1],
];

for (const [name, make, times] of kinds) {
  test(`when the holder of ${name} is killed, the next waiter gets it at once, with ownerDied once`, async (t) => {
    const { mp } = await setStage(t);
    const held = make(mp);
    const said = new mp.Queue<string>();
    const holder = new mp.Process({ target: task(meta, tasks.hold), args: [held, times, said] });
    await holder.start();
    assert.equal(await within(said.get(), "the holder's word"), "held");

    assert.equal(await held.acquire({ block: false }), false);
    const acquired = held.acquire();
    await holder.kill();
    assert.equal(await within(acquired, "the lock of the dead"), true);
    assert.equal(held.ownerDied, true);
    await holder.join();
    assert.equal(holder.exitCode, -9);

    await held.release();
    assert.equal(await held.acquire({ timeoutMs: 0 }), true);
    assert.equal(held.ownerDied, false);
    await held.release();
  });
}

test("a lock that a pool's worker held is free again when the worker is killed, for other clients, too", async (t) => {
  const stage = await setStage(t);
  const { mp } = stage;
  const lock = new mp.Lock({ name: "shared" });
  const said = new mp.Queue<string>();
  const pool = new mp.Pool(1);
  const lost = pool.applyAsync(task(meta, tasks.hold), [lock, 1, said]);
  await within(said.get(), "the holder's word");
  const other = await stage.connect();
  const theirs = new other.Lock({ name: "shared" });
  const acquired = theirs.acquire();
  const [worker] = (await stage.living()).filter(({ task }) => task !== null);
  process.kill(worker!.pid!, "SIGKILL");
  assert.equal(await within(acquired, "the lock of the dead"), true);
  assert.equal(theirs.ownerDied, true);
  await assert.rejects(lost.get(), { name: "WorkerLost" });
});

test("a waiter that is killed is skipped when the lock is handed over", async (t) => {
  const { mp } = await setStage(t);
  const lock = new mp.Lock();
  const said = new mp.Queue<string>();
  await lock.acquire();
  const waiter = new mp.Process({ target: task(meta, tasks.hold), args: [lock, 1, said] });
  await waiter.start();
  await waitFor(async () => (await lock.status()).waiters === 1);
  await waiter.kill();
  await waiter.join();
  assert.equal((await lock.status()).waiters, 0);
  await lock.release();
  assert.equal(await lock.acquire({ block: false }), true);
  assert.equal(lock.ownerDied, false);
});

test("a notification goes to a living waiter when another one was killed", async (t) => {
  const { mp } = await setStage(t);
  const condition = new mp.Condition();
  const said = new mp.Queue<string>();
  const start = async () => {
    const waiter = new mp.Process({ target: task(meta, tasks.waitToBeNotified), args: [condition, said] });
    await waiter.start();
    assert.equal(await within(said.get(), "a waiter's word"), "waits");
    return waiter;
  };
  const doomed = await start();
  const lucky = await start();
  await waitFor(async () => (await condition.waiters()) === 2);
  await doomed.kill();
  await doomed.join();
  await condition.use(() => condition.notify());
  assert.equal(await within(said.get(), "the one that lives"), "notified");
  await lucky.join();
  assert.equal(lucky.exitCode, 0);
  assert.equal(await condition.waiters(), 0);
});

test("when a party of a barrier is killed, the others get BrokenBarrier, and reset repairs it", async (t) => {
  const { mp } = await setStage(t);
  const barrier = new mp.Barrier(3);
  const said = new mp.Queue<string>();
  const parties = [1, 2].map(() => new mp.Process({ target: task(meta, tasks.join), args: [barrier, said] }));
  for (const party of parties) {
    await party.start();
    assert.equal(await within(said.get(), "a party's word"), "waits");
  }
  await waitFor(async () => (await barrier.waiting()) === 2);
  await parties[0]!.kill();
  assert.equal(await within(said.get(), "the other party"), "BrokenBarrier");
  await assert.rejects(within(barrier.wait(), "a late party"), (error) => error instanceof BrokenBarrier);
  assert.equal(await barrier.broken(), true);
  for (const party of parties) await party.join();
  await barrier.reset();
  assert.equal(await barrier.broken(), false);
  assert.equal(await barrier.waiting(), 0);
});

test("when the last process with the other end of a pipe is killed, the reader gets EOF", async (t) => {
  const { mp } = await setStage(t);
  const [mine, theirs] = mp.Pipe<string>();
  const said = new mp.Queue<string>();
  const child = new mp.Process({ target: task(meta, tasks.sendAndHold), args: [theirs, said] });
  await child.start();
  await within(said.get(), "the child's word");
  await theirs.close();
  await child.kill();
  assert.equal(await within(mine.recv(), "what was sent before"), "last words");
  await assert.rejects(within(mine.recv(), "the end"), { name: "EndOfFile" });
  await assert.rejects(mine.send("too late"), { name: "BrokenPipe" });
});
