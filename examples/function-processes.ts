/**
 * Processes, second way: a function. The script joins each process before it starts the next. At the end none is left,
 * so nothing is printed.
 *
 *     node dist/examples/function-processes.js [INTERVAL_MS] [ROUNDS]
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
  const processes = Array.from(
    { length: 5 },
    () => new Process({ target: task(import.meta, taskHandler), args: [intervalMs, rounds] }),
  );
  for (const p of processes) {
    p.daemon = true;
    await p.start();
    await p.join();
  }
  // Prints nothing: every process was joined.
  const children = await activeChildren();
  for (const p of children) console.log("process:", p.pid, p.name);
  console.log(`${processes.length} processes were started, ${children.length} are alive`);
}
