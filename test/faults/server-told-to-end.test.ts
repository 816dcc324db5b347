import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client } from "polyproc";
import { waitFor, within } from "../deadline.js";
import { RawClient } from "../server/clients.js";
import { setStage } from "./stage.js";

/** What one client holds and others wait for. */
const kinds = {
  lock: (mp: Client) => new mp.Lock({ name: "l" }),
  rlock: (mp: Client) => new mp.RLock({ name: "r" }),
  semaphore: (mp: Client) => new mp.Semaphore(1, { name: "s" }),
};

test("a server that is told to end grants nothing that a living client holds", async (t) => {
  const stage = await setStage(t);
  const { mp } = stage;
  const holdings = Object.values(kinds).map((make) => make(mp));
  for (const held of holdings) assert.equal(await held.acquire(), true);
  const condition = new mp.Condition(undefined, { name: "c" });
  await condition.acquire();

  const waits: Promise<string>[] = [];
  const told = (granted: Promise<unknown>) =>
    waits.push(
      granted.then(
        (value) => `granted: ${String(value)}`,
        (error: Error) => error.name,
      ),
    );
  for (let i = 0; i < 3; i++) {
    const other = await stage.connect();
    for (const make of Object.values(kinds)) told(make(other).acquire());
    told(new other.Condition(undefined, { name: "c" }).acquire());
    told(new other.Queue({ name: "q" }).get());
  }
  const raw = await RawClient.open(stage.address.slice("unix:".length), "json");
  await raw.request("initialize", {});
  const lock = "lock:@l";
  assert.equal((await raw.request("lock/create", { lock })).error, undefined);
  raw.send({ id: 77, method: "lock/acquire", params: { lock, owner: "" } });
  await waitFor(async () => {
    const { waits: list } = await stage.watcher.connection.request("server/waits", {});
    return list.length === waits.length + 1;
  });

  stage.server.process.kill("SIGTERM");
  const ends = await within(Promise.all(waits), "the end of every wait");
  assert.deepEqual([...new Set(ends)], ["ShuttingDown"]);
  assert.equal(await stage.server.exited(), 0);
  await waitFor(() => raw.ended);
  assert.deepEqual(
    raw.received.filter(({ id }) => id === 77 || id === null).map(({ id, error }) => [id, error?.data]),
    [[null, { name: "ShuttingDown" }]],
  );
});
