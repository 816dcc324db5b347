import assert from "node:assert/strict";
import { after, test } from "node:test";
import {
  BoundedSemaphore,
  Event,
  Lock,
  Process,
  Queue,
  RLock,
  Semaphore,
  shutdown,
  task,
  TimedOut,
} from "../../../../bindings/typescript/index.js";
import { waitFor, within } from "../../../deadline.js";
import { children } from "../fixtures/modules.js";
import { hold, increment } from "../fixtures/children.js";

after(shutdown);

/** A child that holds the object. */
async function holder(object: Lock | RLock | Semaphore): Promise<Process> {
  const held = new Event();
  const child = new Process({ target: task(children, hold), args: [object, held], daemon: true });
  await child.start();
  await within(held.wait(), "the holder");
  return child;
}

test("a lock is acquired, reports that it is locked, and is released", async () => {
  const lock = new Lock();
  assert.equal(await lock.acquire(), true);
  assert.equal(await lock.locked(), true);
  assert.equal(await lock.acquire({ block: false }), false);
  assert.equal(await lock.acquire({ timeoutMs: 5 }), false);
  await lock.release();
  assert.equal(await lock.locked(), false);
});

test("releasing a free lock is BadState", async () => {
  await assert.rejects(new Lock().release(), { codeName: "BadState" });
});

test("an error's stack leads to the caller", async () => {
  async function innocentBystander(): Promise<void> {
    await new Lock().release();
  }
  await assert.rejects(innocentBystander(), (error: Error) => error.stack!.includes("innocentBystander"));
});

test("use releases the lock when the action is done, and when it throws", async () => {
  const lock = new Lock();
  assert.equal(await lock.use(async () => lock.locked()), true);
  await assert.rejects(
    lock.use(() => {
      throw new Error("on purpose");
    }),
    /on purpose/,
  );
  assert.equal(await lock.locked(), false);
});

test("await using releases the lock at the end of the block", async () => {
  const lock = new Lock();
  {
    await using guard = await lock.lock();
    assert.equal(guard.ownerDied, false);
    assert.equal(await lock.locked(), true);
  }
  assert.equal(await lock.locked(), false);
});

test("the scoped form rejects with TimedOut when the lock is not free", async () => {
  const lock = new Lock();
  await lock.acquire();
  await assert.rejects(lock.lock({ timeoutMs: 5 }), TimedOut);
  await assert.rejects(
    lock.use(() => 1, { block: false }),
    TimedOut,
  );
});

test("a signal ends the wait with Cancelled, for its reason, and the lock goes to the next", async () => {
  const lock = new Lock();
  await lock.acquire();
  const controller = new AbortController();
  const waiting = lock.acquire({ signal: controller.signal });
  await waitFor(async () => (await lock.status()).waiters === 1);
  controller.abort(new Error("changed my mind"));
  await assert.rejects(waiting, { name: "Cancelled", cause: new Error("changed my mind") });
  assert.equal((await lock.status()).waiters, 0);
  await assert.rejects(lock.acquire({ signal: AbortSignal.abort("never began") }), { cause: "never began" });
  await lock.release();
  assert.equal(await lock.acquire({ block: false }), true);
});

test("objects of one name are one object", async () => {
  const first = new Lock({ name: "shared by name" });
  const second = new Lock({ name: "shared by name" });
  assert.equal(first.handle, second.handle);
  await first.acquire();
  assert.equal(await second.acquire({ block: false }), false);
  await second.release();
  assert.equal(await first.locked(), false);
});

test("an invalid name is refused", () => {
  assert.throws(() => new Lock({ name: "" }), TypeError);
  assert.throws(() => new Lock({ name: "a\nb" }), TypeError);
});

test("a timeout that is not a number is refused", async () => {
  await assert.rejects(new Lock().acquire({ timeoutMs: NaN }), TypeError);
  await assert.rejects(new Lock().acquire({ timeoutMs: "5" as never }), TypeError);
});

test("processes that share a lock lose no update", async () => {
  const lock = new Lock();
  const counter = new Queue<number>();
  await counter.put(0);
  const processes = [1, 2, 3].map(() => new Process({ target: task(children, increment), args: [lock, counter, 20] }));
  await Promise.all(processes.map((process) => process.start()));
  await Promise.all(processes.map((process) => process.join()));
  assert.deepEqual(
    processes.map((process) => process.exitCode),
    [0, 0, 0],
  );
  assert.equal(await counter.get(), 60);
});

for (const make of [() => new Lock(), () => new RLock(), () => new Semaphore(1)]) {
  const kind = make().constructor.name;
  test(`the holder of a ${kind} is killed: the next one gets it at once and is told`, async () => {
    const object = make();
    const child = await holder(object);
    assert.equal(await object.acquire({ block: false }), false);
    await child.kill();
    assert.equal(await within(object.acquire(), "the dead holder's turn"), true);
    assert.equal(object.ownerDied, true);
    await object.release();
    assert.equal(await object.acquire(), true);
    assert.equal(object.ownerDied, false, "told once only");
  });
}

test("an RLock is taken again by its owner, and free when released as often", async () => {
  const lock = new RLock();
  await lock.acquire();
  await lock.acquire();
  assert.equal((await lock.status()).depth, 2);
  await lock.release();
  assert.equal(await lock.locked(), true);
  await lock.release();
  assert.equal(await lock.locked(), false);
  await assert.rejects(lock.release(), { codeName: "BadState" });
});

test("an RLock that another process holds cannot be released here", async () => {
  const lock = new RLock();
  const child = await holder(lock);
  await assert.rejects(lock.release(), { codeName: "NotOwner" });
  await child.kill();
});

test("functions that run side by side inside of use are owners of their own, and nested ones are not", async () => {
  const lock = new RLock();
  const order: string[] = [];
  await Promise.all(
    ["a", "b"].map((name) =>
      lock.use(async () => {
        order.push(`${name} in`);
        await lock.use(async () => {
          assert.equal((await lock.status()).depth, 2);
        });
        order.push(`${name} out`);
      }),
    ),
  );
  assert.deepEqual(order, ["a in", "a out", "b in", "b out"]);
});

test("functions of one process that wait for each other are not taken for a deadlock", async () => {
  const lock = new Lock();
  await lock.acquire();
  const second = lock.acquire();
  await waitFor(async () => (await lock.status()).waiters === 1);
  // Longer than the server takes to find one.
  const found = new Event().wait(400).then(async () => lock.connection.request("deadlock/list", {}));
  assert.deepEqual((await found).deadlocks, []);
  await lock.release();
  assert.equal(await second, true);
});

test("a semaphore has as many permits as it was given", async () => {
  const semaphore = new Semaphore(2);
  assert.equal(await semaphore.acquire(), true);
  assert.equal(await semaphore.acquire(), true);
  assert.equal(await semaphore.value(), 0);
  assert.equal(await semaphore.acquire({ timeoutMs: 0 }), false);
  await semaphore.release(2);
  assert.equal(await semaphore.value(), 2);
  await semaphore.release();
  assert.equal(await semaphore.value(), 3);
});

test("a bounded semaphore cannot be released too often", async () => {
  const semaphore = new BoundedSemaphore(1);
  await assert.rejects(semaphore.release(), { codeName: "BadState" });
  assert.ok(semaphore instanceof Semaphore);
  await semaphore.use(async () => assert.equal(await semaphore.value(), 0));
  assert.equal(await semaphore.value(), 1);
});

test("a semaphore's value is checked", () => {
  assert.throws(() => new Semaphore(-1), TypeError);
  assert.throws(() => new Semaphore(1.5), TypeError);
});
