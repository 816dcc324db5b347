import assert from "node:assert/strict";
import { test } from "node:test";
import { SpawnQueue } from "../../../server/os/spawn-queue.js";
import { waitFor } from "../../deadline.js";
import { Recorder } from "./recorder.js";
import { testSpawner } from "./spawners.js";

/** As a spawn does, this keeps the thread for itself. */
function busy(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test("owners take turns: the only start of one comes before the hundredth of another", async () => {
  const queue = new SpawnQueue();
  const started: string[] = [];
  for (let i = 0; i < 100; i++) {
    queue.add("many", () => {
      busy(2);
      started.push("many");
    });
  }
  const before = started.length;
  queue.add("one", () => started.push("one"));
  queue.add("another", () => started.push("another"));
  await waitFor(() => started.length === 102);
  const [one, another] = [started.indexOf("one"), started.indexOf("another")];
  assert.ok(
    one <= before + 1 && another <= before + 2,
    `${before} had started; the others came as number ${one} and ${another}`,
  );
});

test("each owner's starts keep their order", async () => {
  const queue = new SpawnQueue();
  const started: string[] = [];
  for (let i = 0; i < 20; i++) {
    for (const owner of ["a", "b", "c"]) {
      queue.add(owner, () => {
        busy(1);
        started.push(`${owner}${i}`);
      });
    }
  }
  await waitFor(() => started.length === 60);
  for (const owner of ["a", "b", "c"]) {
    assert.deepEqual(
      started.filter((name) => name.startsWith(owner)),
      Array.from({ length: 20 }, (_, i) => `${owner}${i}`),
    );
  }
});

test("a waiting start can be cancelled, one that has begun cannot", async () => {
  const queue = new SpawnQueue();
  const started: string[] = [];
  const leave = ["first", "second", "third"].map((name) =>
    queue.add("owner", () => {
      busy(10);
      started.push(name);
    }),
  );
  assert.equal(leave[0]!(), false);
  assert.equal(leave[1]!(), true);
  assert.equal(leave[1]!(), false);
  await waitFor(() => started.length === 2);
  assert.deepEqual(started, ["first", "third"]);
});

test("the event loop runs between the starts", async () => {
  const queue = new SpawnQueue();
  let started = 0;
  const seen: number[] = [];
  const look = () => {
    seen.push(started);
    if (started < 20) setImmediate(look);
  };
  for (let i = 0; i < 20; i++) {
    queue.add("owner", () => {
      busy(5);
      started++;
    });
  }
  look();
  await waitFor(() => started === 20);
  assert.ok(new Set(seen).size >= 19, `it was seen after ${seen.join(", ")} starts`);
});

test("a child that is killed while it waits to be started is never started, and fails with SpawnFailed", async (t) => {
  const spawner = testSpawner(t);
  const told = Array.from({ length: 100 }, () => new Recorder());
  const children = told.map((events) => spawner.startCommand({ command: "sleep", args: ["1000"] }, events));
  // The last one: far more than one turn's time is before it.
  children.at(-1)!.signalTree("SIGKILL");
  const failure = await told.at(-1)!.failure;
  assert.match(failure.message, /was ended \(SIGKILL\) while it waited to be started/);
  assert.deepEqual(told.at(-1)!.order, ["failed"]);
  assert.ok(
    told.some((events) => events.pid === 0),
    "it failed only when all others had been started",
  );
  for (const child of children.slice(0, -1)) child.signalTree("SIGKILL");
});
