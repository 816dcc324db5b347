import assert from "node:assert/strict";
import { test } from "node:test";
import { Cancelled, task, type PolyprocError, type AsyncResult, type Pool } from "polyproc";
import { waitFor, within } from "../deadline.js";
import { setStage, type Stage } from "./stage.js";
import * as tasks from "./tasks.js";

const meta = { url: new URL("./tasks.js", import.meta.url).href };
const double = task(meta, tasks.double);
const spin = task(meta, tasks.spin);

async function noWorkers(stage: Stage): Promise<void> {
  await waitFor(async () => (await stage.living()).length === 0, { what: "the end of the workers" });
}

/** A pool in the middle of something: tasks that end, and tasks that never do. */
async function busyPool(
  stage: Stage,
): Promise<{ pool: Pool; endless: AsyncResult<never>[]; many: AsyncResult<number[]> }> {
  const pool = new stage.mp.Pool(3);
  const endless = [pool.applyAsync(spin), pool.applyAsync(spin)];
  let begun = false;
  const many = pool.mapAsync(
    double,
    Array.from({ length: 2000 }, (_, n) => n),
    { chunkSize: 1, onProgress: () => (begun = true) },
  );
  // The endless ones, which were first. The others may be over by now.
  const busy = async () => (await stage.living()).filter(({ task: running }) => running !== null).length;
  await waitFor(async () => begun && (await busy()) >= 2, { what: "busy workers" });
  return { pool, endless, many };
}

type Call = "close" | "terminate" | "join";

const orders: Call[][] = [
  ["terminate", "terminate", "join"],
  ["close", "join", "terminate", "join"],
  ["terminate", "close", "join", "join"],
  ["close", "close", "terminate", "terminate"],
  ["join", "terminate", "join", "close"],
];

for (const order of orders) {
  test(`callers that race through ${order.join(", ")} all get their answer, and so does every task`, async (t) => {
    const stage = await setStage(t);
    const { pool, endless, many } = await busyPool(stage);
    const answers = await within(Promise.allSettled(order.map((call) => pool[call]())), "the answers");
    for (const [i, answer] of answers.entries()) {
      // As in Python, a pool that still runs cannot be joined.
      if (order[i] === "join" && !order.slice(0, i).some((call) => call !== "join")) {
        assert.ok(answer.status === "rejected" && (answer.reason as PolyprocError).codeName === "BadState");
      } else {
        assert.equal(
          answer.status,
          "fulfilled",
          `${order[i]}: ${answer.status === "rejected" ? String(answer.reason) : ""}`,
        );
      }
    }
    for (const result of endless)
      await assert.rejects(within(result.get(), "an endless task"), (error) => error instanceof Cancelled);
    await within(many.wait(), "the map");
    if (!many.successful()) await assert.rejects(many.get(), (error) => error instanceof Cancelled);
    await noWorkers(stage);
    await assert.rejects(pool.apply(double, [1]), { codeName: "BadState" });
    await within(pool.join(), "another join");
  });
}

test("close lets submitted tasks finish, and join waits for them", async (t) => {
  const stage = await setStage(t);
  const pool = new stage.mp.Pool(2);
  const results = Array.from({ length: 500 }, (_, n) => pool.applyAsync(double, [n]));
  const many = pool.mapAsync(
    double,
    Array.from({ length: 5000 }, (_, n) => n),
    { chunkSize: 1 },
  );
  const [, joined] = [pool.close(), pool.join()];
  await within(joined, "the join");
  for (const [n, result] of results.entries()) assert.equal(await result.get(0), n * 2);
  assert.equal((await many.get(0)).length, 5000);
  await noWorkers(stage);
});

test("a lazy imap that began before close goes on to its end", async (t) => {
  const stage = await setStage(t);
  const pool = new stage.mp.Pool(2);
  const results = pool.imap(
    double,
    Array.from({ length: 200 }, (_, n) => n),
  );
  await results.next();
  await pool.close();
  let read = 1;
  for await (const value of results) assert.equal(value, 2 * read++);
  assert.equal(read, 200);
  await within(pool.join(), "the join");
  await noWorkers(stage);
});

test("a pool ends with the last reference to it, and its workers with it", async (t) => {
  const stage = await setStage(t);
  const pool = new stage.mp.Pool(2);
  await pool.map(double, [1, 2, 3]);
  // As the garbage collector does.
  pool.connection.release(pool.handle);
  await noWorkers(stage);
});

test("join ends at its timeout, and can be called again", async (t) => {
  const stage = await setStage(t);
  const pool = new stage.mp.Pool(1);
  const endless = pool.applyAsync(spin);
  await pool.close();
  await assert.rejects(within(pool.join(50), "the limit"), { codeName: "TimedOut" });
  endless.cancel();
  await assert.rejects(within(endless.get(), "the cancelled task"), (error) => error instanceof Cancelled);
  await within(pool.join(), "the join");
  await noWorkers(stage);
});
