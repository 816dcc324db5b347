import assert from "node:assert/strict";
import { test } from "node:test";
import { task, type Lock, type Process, type Queue, type RLock } from "polyproc";
import type { DeadlockInfo } from "../../protocol/events.js";
import { waitFor, within } from "../deadline.js";
import { setStage, type Stage } from "./stage.js";
import * as tasks from "./tasks.js";

const meta = { url: new URL("./tasks.js", import.meta.url).href };
const takeBoth = task(meta, tasks.takeBoth);

type Word = [name: string, outcome: string];

interface Ring {
  children: Process[];
  locks: (Lock | RLock)[];
  said: Queue<Word>;
  deadlock: DeadlockInfo;
  /** From the moment at which each had one lock. */
  resolved: () => boolean;
}

/** As many processes as locks; each has one, and waits for its neighbour's. */
async function makeRing(stage: Stage, count: number, makeLock: () => Lock | RLock): Promise<Ring> {
  const { mp, watcher } = stage;
  let deadlock: DeadlockInfo | null = null;
  let resolved = false;
  watcher.connection.on("events/changed", ({ events }) => {
    for (const event of events) {
      if (event.topic !== "deadlock") continue;
      if (event.resolved) resolved = true;
      else {
        assert.equal(deadlock, null);
        deadlock = event.deadlock;
      }
    }
  });
  await watcher.connection.request("events/subscribe", { topics: ["deadlock"] });
  const locks = Array.from({ length: count }, makeLock);
  const meeting = new mp.Barrier(count + 1);
  const said = new mp.Queue<Word>();
  const children: Process[] = [];
  for (let i = 0; i < count; i++) {
    const name = `party-${i}`;
    const child = new mp.Process({
      target: takeBoth,
      name,
      args: [name, locks[i]!, locks[(i + 1) % count]!, meeting, said],
    });
    children.push(child);
    await child.start();
  }
  await within(meeting.wait(), "all with one lock");
  const found = await waitFor(() => deadlock, { what: "the event" });
  return { children, locks, said, deadlock: found, resolved: () => resolved };
}

async function outcomes(ring: Ring): Promise<Map<string, string>> {
  const words: Word[] = [];
  for (let i = 0; i < ring.children.length; i++) words.push(await within(ring.said.get(), "a party's word"));
  for (const child of ring.children) {
    await within(child.join(), "a party's end");
    assert.equal(child.exitCode, 0);
  }
  return new Map(words);
}

for (const [title, count, make] of [
  ["two processes over two locks", 2, (stage: Stage) => new stage.mp.Lock()],
  ["three processes over three recursive locks", 3, (stage: Stage) => new stage.mp.RLock()],
] as const) {
  test(`a deadlock of ${title} is reported with its cycle; once broken, the others go on`, async (t) => {
    const stage = await setStage(t);
    const ring = await makeRing(stage, count, () => make(stage));
    const { deadlock, locks, children } = ring;

    assert.equal(deadlock.cycle.length, count);
    for (const party of deadlock.cycle) {
      const at = children.findIndex(({ pid }) => pid === party.pid);
      assert.equal(party.name, `party-${at}`);
      assert.equal(party.waitsFor, locks[(at + 1) % count]!.handle);
      assert.deepEqual(party.holds, [locks[at]!.handle]);
    }
    // Each waits for what the next one holds.
    for (const [i, { waitsFor }] of deadlock.cycle.entries())
      assert.deepEqual(deadlock.cycle[(i + 1) % count]!.holds, [waitsFor]);
    assert.deepEqual((await stage.watcher.connection.request("deadlock/list", {})).deadlocks, [deadlock]);

    const broken = await stage.watcher.connection.request("deadlock/break", { deadlock: deadlock.deadlock });
    const victim = deadlock.cycle.find(({ session }) => session === broken.session)!;
    assert.equal(broken.waitsFor, victim.waitsFor);
    const words = await outcomes(ring);
    assert.equal(words.get(victim.name), "Deadlock");
    assert.equal([...words.values()].filter((word) => word === "got both").length, count - 1);
    await waitFor(ring.resolved);
    assert.deepEqual((await stage.watcher.connection.request("deadlock/list", {})).deadlocks, []);
    await assert.rejects(stage.watcher.connection.request("deadlock/break", { deadlock: deadlock.deadlock }), {
      codeName: "BadState",
    });
  });
}

test("the party whose wait fails in a deadlock can be chosen", async (t) => {
  const stage = await setStage(t);
  const ring = await makeRing(stage, 2, () => new stage.mp.Lock());
  const chosen = ring.deadlock.cycle.find(({ name }) => name === "party-0")!;
  await stage.watcher.connection.request("deadlock/break", {
    deadlock: ring.deadlock.deadlock,
    session: chosen.session,
  });
  assert.deepEqual(
    await outcomes(ring),
    new Map([
      ["party-0", "Deadlock"],
      ["party-1", "got both"],
    ]),
  );
});

test("the death of one party ends the deadlock", async (t) => {
  const stage = await setStage(t);
  const ring = await makeRing(stage, 2, () => new stage.mp.Lock());
  await ring.children[0]!.kill();
  assert.deepEqual(await within(ring.said.get(), "the survivor's word"), ["party-1", "got both"]);
  await within(ring.children[1]!.join(), "the survivor's end");
  await waitFor(ring.resolved);
});

test("a holder of a lock that joins the process waiting for it is in a deadlock", async (t) => {
  const stage = await setStage(t);
  const { mp } = stage;
  const lock = new mp.Lock();
  const said = new mp.Queue<string>();
  await lock.acquire();
  const child = new mp.Process({ target: task(meta, tasks.hold), args: [lock, 1, said], daemon: true });
  await child.start();
  const joined = child.join().then(
    () => "joined",
    (error: Error) => error.name,
  );
  const deadlock = await waitFor(
    async () => (await stage.watcher.connection.request("deadlock/list", {})).deadlocks[0],
    { what: "the deadlock" },
  );
  assert.deepEqual(deadlock.cycle.map(({ waitsFor }) => waitsFor).sort(), [lock.handle, child.handle].sort());
  const me = deadlock.cycle.find(({ pid }) => pid === null)!;
  await stage.watcher.connection.request("deadlock/break", { deadlock: deadlock.deadlock, session: me.session });
  assert.equal(await within(joined, "the end of join"), "Deadlock");
  await lock.release();
  assert.equal(await within(said.get(), "the child's word"), "held");
});
