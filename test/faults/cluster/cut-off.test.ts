import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { waitFor, within } from "../../deadline.js";
import { compiled } from "../../fixture.js";
import { isLiving } from "../../living.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { needs } from "../../tools/needs.js";
import { setStage } from "../stage.js";
import { allowTasks, begins, double, logged, notes, writesGuarded } from "./cluster-stage.js";
import { fencesOf } from "./fences.js";
import { Network } from "./network.js";
import { TestRedis } from "./redis.js";

const options = needs("redis-server", "network namespaces");

/** Resolves with the agent's pid when it takes work. */
async function startAgentIn(t: TestContext, network: Network, name: string, address: string): Promise<number> {
  const child = spawn(
    "ip",
    [
      ...["netns", "exec", network.namespace(name), process.execPath, compiled("server/main")],
      ...["agent", "--cluster", address, "--name", name, "-j", "1", ...allowTasks],
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const over = once(child, "exit");
  t.after(async () => {
    child.kill("SIGKILL");
    await over;
  });
  await within(once(child.stdout, "data"), "an agent that takes work");
  return child.pid!;
}

/** A pool over two hosts, either of which can be cut off. */
async function twoHosts(t: TestContext) {
  const network = new Network(t, ["a", "b"]);
  const folder = temporaryFolder(t);
  const [log, gate] = [join(folder, "log"), join(folder, "gate")];
  const redis = await TestRedis.start(t, [], network.address);
  const address = redis.url("lease=8&insecure=true");
  const agents = { a: await startAgentIn(t, network, "a", address), b: await startAgentIn(t, network, "b", address) };
  const { mp } = await setStage(t);
  const pool = new mp.Pool({ cluster: address });
  return { network, log, gate, agents, pool };
}

test(
  "a host that is cut off ends its task before another begins it, tells nothing late, and serves again",
  options,
  async (t) => {
    const { network, log, gate, agents, pool } = await twoHosts(t);
    const result = pool.apply(logged, [{ n: 1, log, until: gate }]);
    const first = await waitFor(() => begins(log)[0], { what: "the task" });
    const cut = first.agent === agents.a ? "a" : "b";
    network.set(cut, "down");
    await waitFor(() => begins(log).length === 2, { what: "the task on the other host" });
    assert.deepEqual(
      notes(log).filter(({ what }) => what === "overlap"),
      [],
      "the other host began the task while the first one still ran it",
    );
    writeFileSync(gate, "");
    assert.equal(await within(result, "the result"), 1);
    network.set(cut, "up");
    assert.equal(notes(log).filter(({ what }) => what === "end").length, 1);
    await waitFor(
      async () => {
        await pool.map(
          logged,
          Array.from({ length: 4 }, (_, n) => ({ n: n + 2, log, ms: 50 })),
          { chunkSize: 1 },
        );
        return begins(log).some(({ n, agent }) => n > 1 && agent === first.agent);
      },
      { what: "tasks on the host that was cut off" },
    );
    assert.equal(await pool.apply(double, [4]), 8);
    await pool.terminate();
  },
);

test("the holder of a lock that is cut off writes nothing after the next holder has the lock", options, async (t) => {
  const { network, log, gate, agents, pool } = await twoHosts(t);
  const results = pool.map(
    writesGuarded,
    [1, 2].map(() => ({ log, until: gate })),
    { chunkSize: 1 },
  );
  const first = await waitFor(() => begins(log)[0], { what: "the first holder" });
  network.set(first.agent === agents.a ? "a" : "b", "down");
  await waitFor(() => begins(log).some(({ pid }) => pid !== first.pid), { what: "the next holder" });
  // Its end was due a second before. On a busy machine the kill itself may take longer.
  await waitFor(() => !isLiving(first.pid), { what: "the end of the first holder" });
  writeFileSync(gate, "");
  assert.deepEqual(new Set(await within(results, "the results")), new Set([false, true]));
  assert.equal(fencesOf(begins(log)).length, 3);
  await pool.terminate();
});
