import assert from "node:assert/strict";
import { test } from "node:test";
import { waitFor, within } from "../../deadline.js";
import { isLiving } from "../../living.js";
import { needs } from "../../tools/needs.js";
import { setStage } from "../stage.js";
import { begins, double, logged, setClusterStage } from "./cluster-stage.js";

const redis = needs("redis-server");

for (const victim of ["client", "server of the client"] as const) {
  test(`the ${victim} is killed: its tasks end on all hosts, and its pool leaves the cluster`, redis, async (t) => {
    const { stage, address, redis: store, log, gate } = await setClusterStage(t, ["alpha"], { lease: 4 });
    const other = await setStage(t);
    const pool = new other.mp.Pool({ cluster: address });
    const results = pool
      .map(
        logged,
        Array.from({ length: 6 }, (_, n) => ({ n, log, until: gate })),
        { chunkSize: 1, returnExceptions: true },
      )
      .catch(() => {});
    await waitFor(() => begins(log).length === 2, { what: "two tasks" });
    if (victim === "client") await other.mp.close();
    else other.server.process.kill("SIGKILL");
    await waitFor(() => begins(log).every(({ pid }) => !isLiving(pid)), { what: "the end of the workers" });
    await waitFor(async () => (await store.keys()).every((key) => /:(hosts|host:alpha)$/.test(key)), {
      what: "a cluster without the pool",
    });
    assert.equal(begins(log).length, 2);
    await results;
    const next = new stage.mp.Pool({ cluster: address });
    assert.equal(await within(next.apply(double, [4]), "a task of another client"), 8);
    await next.terminate();
  });
}
