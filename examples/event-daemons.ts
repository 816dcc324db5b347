/**
 * Event, the other way round: all children are daemonic, and one of them decides when the script ends.
 *
 *     node dist/examples/event-daemons.js
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Event, isMain, Process, task } from "polyproc";

export async function work(): Promise<never> {
  for (;;) await sleep(1000);
}

export async function decide(done: Event): Promise<void> {
  console.log("that is enough");
  await done.set();
  await work();
}

if (isMain(import.meta)) {
  const done = new Event();
  const children = [
    new Process({ target: task(import.meta, work), daemon: true }),
    new Process({ target: task(import.meta, work), daemon: true }),
    new Process({ target: task(import.meta, decide), args: [done], daemon: true }),
  ];
  for (const child of children) await child.start();
  await done.wait();
  // The script ends here. Its daemonic children, which never return, end with it.
  console.log("the script ends, and its children with it");
}
