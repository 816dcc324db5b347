import assert from "node:assert/strict";
import { test } from "node:test";
import type { Rpc } from "../../../extension/connection/rpc.js";
import { WorkerTasks } from "../../../extension/views/worker-tasks.js";
import type { ProcessInfo } from "../../../protocol/process.js";
import { processInfo } from "./fake-model.js";

const task = { job: "job:s1.1", index: 4, startedAt: 0 };
const list = { processes: [processInfo("w", { role: "worker", task }), processInfo("idle", { role: "worker" }), processInfo("p")] };

function answering(answer: () => Promise<{ processes: ProcessInfo[] }>): Rpc & { asked: number } {
  const rpc = { asked: 0, request: () => (rpc.asked++, answer()) };
  return rpc as unknown as Rpc & { asked: number };
}

test("workers' tasks are asked for while a pool is busy, and forgotten when none is", async () => {
  const rpc = answering(() => Promise.resolve(list));
  let busy = true;
  let told = 0;
  const workers = new WorkerTasks(() => rpc, () => busy, () => told++);
  await workers.ask();
  assert.deepEqual([...workers.tasks], [["process:w", task], ["process:idle", null]]);
  busy = false;
  await workers.ask();
  await workers.ask();
  assert.deepEqual([workers.tasks.size, rpc.asked, told], [0, 1, 2]);
});

test("a server that has not answered is not asked again, and what it says too late counts no more", async () => {
  let answer: (value: { processes: ProcessInfo[] }) => void = () => {};
  const slow = answering(() => new Promise((resolve) => (answer = resolve)));
  let rpc: Rpc | null = slow;
  const workers = new WorkerTasks(() => rpc, () => true, () => {});
  const first = workers.ask();
  await workers.ask();
  assert.equal(slow.asked, 1);
  rpc = null;
  answer(list);
  await first;
  assert.equal(workers.tasks.size, 0);
});

test("an error is no end: the next question is asked", async () => {
  let fails = true;
  const rpc = answering(() => (fails ? Promise.reject(new Error("no")) : Promise.resolve(list)));
  const workers = new WorkerTasks(() => rpc, () => true, () => {});
  await workers.ask();
  fails = false;
  await workers.ask();
  assert.equal(workers.tasks.size, 2);
});
