import assert from "node:assert/strict";
import { test } from "node:test";
import { command, task, WorkerLost, type Queue } from "polyproc";
import { waitFor, within } from "../deadline.js";
import { fixture } from "../fixture.js";
import { isLiving } from "../living.js";
import { setStage, type Stage } from "./stage.js";
import * as spawning from "./spawning-tasks.js";

const meta = { url: new URL("./spawning-tasks.js", import.meta.url).href };
const startFamily = task(meta, spawning.startFamily);
const family = fixture("family.sh");
/** Child, grandchild, one in a session of its own, one that has init for a parent, and their leader. */
const members = 5;

async function pidsOf(said: Queue<number>): Promise<number[]> {
  const pids: number[] = [];
  for (let i = 0; i < members; i++) pids.push(await within(said.get(), `member ${i} of the family`));
  for (const pid of pids) assert.ok(isLiving(pid));
  return pids;
}

async function allGone(pids: readonly number[]): Promise<void> {
  await waitFor(() => !pids.some(isLiving)).catch(() =>
    assert.fail(`${pids.filter(isLiving).length} of ${pids.length} live on`),
  );
}

async function familyOfProcess(stage: Stage) {
  const said = new stage.mp.Queue<number>();
  const child = new stage.mp.Process({ target: startFamily, args: [family, ["stubborn"], said] });
  await child.start();
  return { child, pids: await pidsOf(said) };
}

test("kill ends a process and its grandchildren, also those with another session or another parent", async (t) => {
  const stage = await setStage(t);
  const { child, pids } = await familyOfProcess(stage);
  await child.kill();
  await within(child.join(), "the child's end");
  assert.equal(child.exitCode, -9);
  await allGone(pids);
});

test("terminate with graceMs kills processes that ignore SIGTERM", async (t) => {
  const stage = await setStage(t);
  const { child, pids } = await familyOfProcess(stage);
  await child.terminate({ graceMs: 100 });
  await within(child.join(), "the child's end");
  await allGone(pids);
});

test("when another process kills a child with SIGKILL, its grandchildren end, too", async (t) => {
  const stage = await setStage(t);
  const { child, pids } = await familyOfProcess(stage);
  process.kill(child.pid!, "SIGKILL");
  await within(child.join(), "the child's end");
  assert.equal(child.exitCode, -9);
  await allGone(pids);
});

test("when a pool's worker is killed, or terminated with its pool, its descendants end, too", async (t) => {
  const stage = await setStage(t);
  const said = new stage.mp.Queue<number>();
  const pool = new stage.mp.Pool(1);
  const lost = pool.applyAsync(startFamily, [family, ["stubborn"], said]);
  const first = await pidsOf(said);
  const [worker] = (await stage.living()).filter(({ role }) => role === "worker");
  process.kill(worker!.pid!, "SIGKILL");
  await assert.rejects(within(lost.get(), "the lost task"), (error) => error instanceof WorkerLost);
  await allGone(first);

  const cancelled = pool.applyAsync(startFamily, [family, ["stubborn"], said]);
  const second = await pidsOf(said);
  await within(pool.terminate(), "the pool's end");
  await assert.rejects(cancelled.get(), { name: "Cancelled" });
  await allGone(second);
});

test("a task that exceeds its limit is killed with its descendants", async (t) => {
  const stage = await setStage(t);
  const said = new stage.mp.Queue<number>();
  const pool = new stage.mp.Pool(1);
  // On a busy machine the family may need longer than the limit: then it gets a longer one.
  for (let [pids, timeoutMs]: [number[], number] = [[], 1000]; pids.length < members; timeoutMs *= 2) {
    const result = pool.applyAsync(startFamily, [family, ["stubborn"], said], { timeoutMs, graceMs: 0 });
    await assert.rejects(within(result.get(), "the limit"), { name: "TimedOut" });
    pids = (await said.empty()) ? [] : await said.getMany(members);
    await allGone(pids);
  }
});

test("a cancelled command of a pool ends with its descendants", async (t) => {
  const stage = await setStage(t);
  const pool = new stage.mp.Pool(1);
  const result = pool.applyAsync(command(family, ["stubborn"]), [], { graceMs: 100 });
  const pids = await waitFor(
    async () => {
      const [running] = (await stage.living()).filter(({ role }) => role === "task");
      if (!running) return null;
      const { lines } = await stage.watcher.connection.request("process/output", { process: running.process });
      return lines.length === members ? lines.map(({ text }) => Number(text.split(" ")[1])) : null;
    },
    { what: "the family's words" },
  );
  result.cancel();
  await assert.rejects(within(result.get(), "the end of the command"), { name: "Cancelled" });
  await allGone(pids);
});

test("when a child exits, the rest of its process group ends; processes that left the group live on", async (t) => {
  const stage = await setStage(t);
  const said = new stage.mp.Queue<number[]>();
  const child = new stage.mp.Process({ target: task(meta, spawning.leaveFamilyBehind), args: [family, members, said] });
  await child.start();
  const pids = await within(said.get(), "the family");
  await within(child.join(), "the child's end");
  assert.equal(child.exitCode, 0);
  const kinds = await within(said.get(), "who is who");
  const [escaped, orphan] = kinds as [number, number];
  await allGone(pids.filter((pid) => pid !== escaped && pid !== orphan));
  assert.ok(isLiving(escaped) && isLiving(orphan));
  // At the latest the server's end is theirs, too: the end of the test looks.
});
