/**
 * Processes, second way: a function. Each is started and waited for before the next one, so at the end none is left,
 * and nothing is printed of them.
 *
 * node dist/examples/function-processes.js [INTERVAL_MS] [ROUNDS]
 *
 * INTERVAL_MS: how long each round takes, default 20 (the Python listing: 1000). ROUNDS: default 10.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { activeChildren, isMain, Process, task } from "polyproc";

export async function taskHandler(intervalMs: number, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) await sleep(intervalMs);
}

if (isMain(import.meta)) {
  const [intervalMs = 20, rounds = 10] = process.argv.slice(2).map(Number);
  const processes = Array.from({ length: 5 }, () => new Process({ target: task(import.meta, taskHandler), args: [intervalMs, rounds] }));
  for (const p of processes) {
    p.daemon = true;
    await p.start();
    await p.join();
  }
  // Nothing to see: `join` waited for each of them.
  const children = await activeChildren();
  for (const p of children) console.log("process:", p.pid, p.name);
  console.log(`${processes.length} processes were started, ${children.length} are alive`);
}
