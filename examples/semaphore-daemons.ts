/**
 * Semaphore: twenty daemonic processes, of which at most five work at the same time. The script watches them until the
 * last one has ended.
 *
 *     node dist/examples/semaphore-daemons.js [WORK_MS] [LOOK_EVERY_MS]
 *
 * WORK_MS: default 500 (the Python listing: 5000). LOOK_EVERY_MS: default 100 (the Python listing: 1000).
 */
import { setTimeout as sleep } from "node:timers/promises";
import { activeChildren, isMain, Process, Semaphore } from "polyproc";

export class TaskHandler extends Process {
  semaphore: Semaphore;
  workMs: number;

  constructor(semaphore: Semaphore, workMs: number) {
    super();
    this.semaphore = semaphore;
    this.workMs = workMs;
  }

  override async run(): Promise<void> {
    await using _seat = await this.semaphore.lock();
    await sleep(this.workMs);
  }
}

if (isMain(import.meta)) {
  const [workMs = 500, lookEveryMs = 100] = process.argv.slice(2).map(Number);
  const semaphore = new Semaphore(5);
  for (let i = 0; i < 20; i++) {
    const p = new TaskHandler(semaphore, workMs);
    p.daemon = true;
    await p.start();
  }
  for (;;) {
    const processes = await activeChildren();
    if (processes.length === 0) break;
    console.log(`running process => num: ${processes.length} list: ${processes.map((p) => p.name).join(" ")}`);
    await sleep(lookEveryMs);
  }
  console.log("all have ended");
}
