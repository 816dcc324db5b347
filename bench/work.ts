/** Functions that Polyproc's workers run. */
import type { Event, PipeEnd, Queue, Semaphore } from "polyproc";

export function noop(): void {}

export function double(x: number): number {
  return x * 2;
}

export function size(data: Uint8Array): number {
  return data.byteLength;
}

export function make(bytes: number): Uint8Array {
  return new Uint8Array(bytes);
}

export async function produce(queue: Queue<number>, count: number): Promise<void> {
  const window = 1000;
  for (let i = 0; i < count; i += window) {
    await Promise.all(Array.from({ length: Math.min(window, count - i) }, (_, k) => queue.put(i + k)));
  }
}

export async function consume(queue: Queue<number>, count: number): Promise<void> {
  let left = count;
  for await (const _item of queue) if (--left === 0) break;
}

export async function echo(end: PipeEnd<number | null>): Promise<void> {
  for (;;) {
    const item = await end.recv();
    if (item === null) return;
    await end.send(item);
  }
}

/** Keeps a worker busy until the event is set. */
export async function waitFor(event: Event, begun: Semaphore): Promise<void> {
  await begun.release();
  await event.wait();
}

export function nothing(): void {}
