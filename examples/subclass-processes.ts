/**
 * Processes, first way: a subclass of Process. Five of them run at the same time. The script lists them and joins them.
 *
 *     node dist/examples/subclass-processes.js [INTERVAL_MS] [ROUNDS]
 *
 * INTERVAL_MS: how long each round takes, default 100 (the Python listing: 1000). ROUNDS: default 10.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { activeChildren, cpuCount, isMain, Process } from "polyproc";

export class TaskHandler extends Process {
  intervalMs: number;
  rounds: number;

  constructor(intervalMs: number, rounds: number) {
    super();
    this.intervalMs = intervalMs;
    this.rounds = rounds;
  }

  /** Runs in the child, with the fields that the instance had when it was started. */
  override async run(): Promise<void> {
    for (let round = 0; round < this.rounds; round++) await sleep(this.intervalMs);
  }
}

if (isMain(import.meta)) {
  const [intervalMs = 100, rounds = 10] = process.argv.slice(2).map(Number);
  const processes = Array.from({ length: 5 }, () => new TaskHandler(intervalMs, rounds));
  for (const p of processes) await p.start();

  console.log("cpu number is:", cpuCount());
  for (const p of await activeChildren()) {
    console.log("process pid:", p.pid);
    console.log("process name:", p.name);
  }
  for (const p of processes) await p.join();
  console.log("exit codes:", processes.map((p) => p.exitCode).join(" "));
}
