/**
 * Pipe: a producer sends, a consumer receives. Half-duplex: the first end only receives, the second only sends.
 *
 *     node dist/examples/pipe.js [ITEMS] [INTERVAL_MS]
 *
 * ITEMS: how many are sent, default 5 (the Python listing: endless). INTERVAL_MS: time between two of them, default 100
 * (there: 1000).
 */
import { setTimeout as sleep } from "node:timers/promises";
import { currentProcess, isMain, Pipe, Process, task, type PipeEnd } from "polyproc";

export interface Message {
  thread: string;
  value: number;
}

export async function producer(pipe: PipeEnd<Message>, items: number, intervalMs: number): Promise<void> {
  for (let i = 0; i < items; i++) {
    await pipe.send({ thread: currentProcess().name, value: Date.now() / 1000 });
    await sleep(intervalMs);
  }
}

export async function consumer(pipe: PipeEnd<Message>): Promise<void> {
  // Ends at EOF: once no process has the sending end open.
  for await (const { thread, value } of pipe) console.log(`producer: ${thread} current value: ${value}`);
  console.log("the producer has gone");
}

if (isMain(import.meta)) {
  const [items = 5, intervalMs = 100] = process.argv.slice(2).map(Number);
  const [receiver, sender] = Pipe<Message>(false);
  const p = new Process({ target: task(import.meta, producer), args: [sender, items, intervalMs], name: "producer" });
  const c = new Process({ target: task(import.meta, consumer), args: [receiver], name: "consumer" });
  await p.start();
  await c.start();
  // As in Python, the script has both ends open, too. The consumer gets EOF only after the script has closed them.
  await sender.close();
  await receiver.close();
}
