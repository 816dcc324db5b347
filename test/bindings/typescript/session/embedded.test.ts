import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Condition, Lock, Pipe, Pool, Queue, shutdown } from "../../../../bindings/typescript/index.js";
import { isLiving } from "../../../living.js";
import { waitFor, within } from "../../../deadline.js";

after(shutdown);

async function serverPid(lock: Lock): Promise<number> {
  await lock.locked();
  return (await lock.connection.request("server/status", {})).pid;
}

test("all objects of a script belong to one private server, which is started once", async () => {
  const [first, second] = [new Lock(), new Lock()];
  assert.equal(first.connection, second.connection);
  await Promise.all([first.acquire(), second.acquire()]);
  assert.equal(await serverPid(first), await serverPid(second));
});

test("requests that are made before the server runs are served in their order", async () => {
  await shutdown();
  const queue = new Queue<number>();
  assert.equal(queue.connection.isOpen, false);
  await Promise.all([queue.put(1), queue.put(2), queue.put(3)]);
  assert.deepEqual(await queue.getMany(3), [1, 2, 3]);
});

test("the private server ends with shutdown, and another one is started when it is needed", async () => {
  const old = new Lock();
  const pid = await serverPid(old);
  await shutdown();
  await waitFor(() => !isLiving(pid), { what: "the server to end" });
  await assert.rejects(old.acquire(), { codeName: "Closed" });
  const lock = new Lock();
  assert.equal(await lock.acquire(), true);
  assert.notEqual(await serverPid(lock), pid);
});

test("when a private server dies, pending requests reject, and the script goes on with a new one", async () => {
  const lock = new Lock();
  const pid = await serverPid(lock);
  await lock.acquire();
  const waiting = lock.acquire();
  process.kill(pid, "SIGKILL");
  await assert.rejects(within(waiting, "the end of the wait"), { codeName: "Closed" });
  assert.equal(await new Lock().acquire(), true);
});

test("when the server dies, a block with a pool and a pipe fails with its own error, not its disposal's", async () => {
  const lock = new Lock();
  const pid = await serverPid(lock);
  const block = async () => {
    await using pool = new Pool(1);
    const [mine, other] = Pipe();
    await using end = mine;
    await using otherEnd = other;
    const waiting = pool.apply(() => new Promise(() => {}));
    await Promise.all([end.poll(), otherEnd.poll()]);
    process.kill(pid, "SIGKILL");
    await waiting;
  };
  await assert.rejects(within(block(), "the end of the block"), { name: "Closed" });
});

test("an object that could not be created says why at its next use", async () => {
  const first = new Condition(new Lock(), { name: "over another lock" });
  await first.waiters();
  const second = new Condition(new Lock(), { name: "over another lock" });
  await assert.rejects(second.waiters(), { codeName: "BadState" });
  assert.equal(await first.waiters(), 0);
});
