import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { PolyprocError } from "polyproc";
import { runPython } from "../bindings/python/run-python.js";
import { within } from "../deadline.js";
import { needs } from "../tools/needs.js";
import { setStage } from "./stage.js";

const cluster = "redis://127.0.0.1:1";

/** The named object, which the server refuses, fails with the reason; it does not wait for its namesake. */
async function assertRefused(used: Promise<unknown>): Promise<void> {
  const error = await within(
    used.catch((error: unknown) => error),
    "the refusal",
  );
  assert.ok(error instanceof PolyprocError && error.codeName === "BadState", String(error));
  assert.match(error.message, /choose another name/);
}

test("an object whose name is that of another object fails, and neither waits for that one nor takes it", async (t) => {
  const { mp, watcher } = await setStage(t);
  const [lock, semaphore] = [new mp.Lock({ name: "deploy" }), new mp.Semaphore(1, { name: "few" })];
  await lock.acquire();
  await semaphore.acquire();
  const make = () => [
    new watcher.Lock({ name: "deploy", cluster }),
    new watcher.Semaphore(1, { name: "few", cluster }),
  ];
  for (const refused of make()) await assertRefused(refused.acquire());
  await lock.release();
  await semaphore.release();
  for (const refused of make()) await assertRefused(refused.acquire());
  assert.equal(await lock.locked(), false);
  assert.equal(await semaphore.value(), 1);
});

test("an object that is refused does not release its namesake when it is collected", async (t) => {
  const { mp, watcher } = await setStage(t);
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const lock = new mp.Lock({ name: "deploy" });
  await lock.acquire();
  for (let i = 0; i < 5; i++) {
    await assertRefused(new mp.Lock({ name: "deploy", cluster }).acquire());
    collect();
    await new Promise(setImmediate);
  }
  await lock.status();
  const { sync } = await watcher.connection.request("events/sync", {});
  assert.ok(
    sync.some(({ handle }) => handle === lock.handle),
    "the lock is gone",
  );
  await lock.release();
});

const program = `
import asyncio, gc, sys
import polyproc
import polyproc.aio

cluster = sys.argv[1]
if __name__ == "__main__":
    held = polyproc.Lock(name="deploy")
    held.acquire()

    def refused(use):
        try:
            use()
        except polyproc.PolyprocError as error:
            return error.name
        return "not refused"

    async def ask():
        await polyproc.aio.Lock(name="deploy", cluster=cluster).acquire()

    print(refused(lambda: polyproc.Lock(name="deploy", cluster=cluster).acquire()))
    print(refused(lambda: asyncio.run(ask())))
    gc.collect()
    held.release()
    print(refused(lambda: polyproc.Lock(name="deploy", cluster=cluster).acquire()), held.locked())
`;

test("the same holds in Python, with and without asyncio", needs("python3"), async (t) => {
  const { address } = await setStage(t);
  const { stdout } = await within(
    runPython(["-c", program, cluster], { env: { POLYPROC_ADDRESS: address } }),
    "the program",
  );
  assert.equal(stdout, "BadState\nBadState\nBadState False\n");
});
