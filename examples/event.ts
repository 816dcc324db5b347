/**
 * Event: one process tells another that it may begin.
 *
 *     node dist/examples/event.js
 */
import { Event, isMain, Process, task } from "polyproc";

export async function task001(event: Event): Promise<void> {
  for (let i = 0; i < 100; i++) console.log(i);
  await event.set();
}

export async function task002(event: Event): Promise<void> {
  await event.wait();
  console.log("found notice: event is set...");
  for (let i = 100; i < 200; i++) console.log(i);
}

if (isMain(import.meta)) {
  const event = new Event();
  const p001 = new Process({ target: task(import.meta, task001), args: [event] });
  const p002 = new Process({ target: task(import.meta, task002), args: [event] });
  await p001.start();
  await p002.start();
  // No join: the script waits for its non-daemonic children by itself.
}
