/**
 * Lock: ten processes write to one log file, one at a time.
 *
 *     node dist/examples/lock-log-file.js [FILE]
 *
 * FILE: default multiprocessing.log
 */
import { appendFileSync } from "node:fs";
import { EOL } from "node:os";
import { isMain, Lock, Process } from "polyproc";

export class TaskHandler extends Process {
  lock: Lock;
  path: string;

  constructor(lock: Lock, path: string) {
    super();
    this.lock = lock;
    this.path = path;
  }

  override async run(): Promise<void> {
    await using _held = await this.lock.lock();
    appendFileSync(this.path, `${Date.now() / 1000}${EOL}`);
  }
}

if (isMain(import.meta)) {
  const path = process.argv[2] ?? "multiprocessing.log";
  const lock = new Lock();
  const processes = Array.from({ length: 10 }, () => new TaskHandler(lock, path));
  for (const p of processes) await p.start();
  for (const p of processes) await p.join();
  console.log(`${processes.length} processes have written to ${path}`);
}
