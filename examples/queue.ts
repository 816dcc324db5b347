/**
 * Queue: a producer puts and a consumer gets. Neither waits for the other.
 *
 *     node dist/examples/queue.js [ITEMS] [INTERVAL_MS]
 *
 * ITEMS: how many are put, default 5 (the Python listing: endless). INTERVAL_MS: time between two of them, default 100
 * (there: 1000).
 */
import { setTimeout as sleep } from "node:timers/promises";
import { currentProcess, Empty, Full, isMain, Process, Queue, task } from "polyproc";

export interface Message {
  thread: string;
  value: number;
}

export async function producer(queue: Queue<Message>, items: number, intervalMs: number): Promise<void> {
  for (let put = 0; put < items;) {
    try {
      await queue.put({ thread: currentProcess().name, value: Date.now() / 1000 }, { block: false });
      put++;
    } catch (error) {
      if (!(error instanceof Full)) throw error;
    }
    await sleep(intervalMs);
  }
}

export async function consumer(queue: Queue<Message>, items: number, intervalMs: number): Promise<void> {
  for (let got = 0; got < items;) {
    try {
      const { thread, value } = await queue.get({ block: false });
      console.log(`producer: ${thread} current value: ${value}`);
      got++;
    } catch (error) {
      if (!(error instanceof Empty)) throw error;
    }
    await sleep(intervalMs);
  }
}

if (isMain(import.meta)) {
  const [items = 5, intervalMs = 100] = process.argv.slice(2).map(Number);
  const queue = new Queue<Message>();
  const p = new Process({ target: task(import.meta, producer), args: [queue, items, intervalMs], name: "producer" });
  const c = new Process({ target: task(import.meta, consumer), args: [queue, items, intervalMs], name: "consumer" });
  await p.start();
  await c.start();
}
