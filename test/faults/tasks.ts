/** What the children of these tests run. */
import { existsSync, writeFileSync } from "node:fs";
import type { Barrier, Condition, Lock, PipeEnd, Queue, RLock, Semaphore } from "polyproc";

export function double(n: number): number {
  return n * 2;
}

export interface Deadly {
  n: number;
  /** Ends its worker as the system would when memory is short. */
  dies?: boolean;
  /** Only as long as this file does not exist; it is made just before. */
  unless?: string;
}

/** Doubles `n`, or is killed in the middle of it. */
export function doubleOrDie({ n, dies, unless }: Deadly): number {
  if (dies && !(unless !== undefined && existsSync(unless))) {
    if (unless !== undefined) writeFileSync(unless, "");
    console.error(`about to die at ${n}`);
    process.kill(process.pid, "SIGKILL");
    for (;;);
  }
  return n * 2;
}

/** Never ends, in the middle of JavaScript, so that no message reaches it. */
export function spin(): never {
  for (;;);
}

/** Never ends, and waits. */
export function wait(): Promise<never> {
  return new Promise(() => setInterval(() => {}, 1000));
}

/** Takes the lock `times` times, says so, and never gives it back. */
export async function hold(lock: Lock | RLock | Semaphore | Condition, times: number, said: Queue<string>): Promise<never> {
  for (let i = 0; i < times; i++) await lock.acquire();
  await said.put("held");
  return spin();
}

/** Waits to be notified, with the lock taken before, and says whether it was. */
export async function waitToBeNotified(condition: Condition, said: Queue<string>): Promise<void> {
  await condition.acquire();
  const waiting = condition.wait();
  await said.put("waits");
  await said.put((await waiting) ? "notified" : "not notified");
  await condition.release();
}

/** A party of the barrier; says how that ended. */
export async function join(barrier: Barrier, said: Queue<string>): Promise<void> {
  const waiting = barrier.wait();
  await said.put("waits");
  await said.put(await waiting.then(() => "passed", (error: Error) => error.name));
}

/** Sends one item, says so, and keeps the end of the pipe. */
export async function sendAndHold(end: PipeEnd<string>, said: Queue<string>): Promise<never> {
  await end.send("last words");
  await said.put("sent");
  return spin();
}

/** As much as came, in new bytes. */
export function copy(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes, (byte) => byte ^ 0xff);
}
