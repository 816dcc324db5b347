/** What the children of these tests run. */
import { existsSync, writeFileSync } from "node:fs";
import { Process, task, type Barrier, type Condition, type Lock, type PipeEnd, type Queue, type RLock, type Semaphore } from "polyproc";
import { waitFor } from "../deadline.js";

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

/** As many bytes as came, all of them the first one's complement. */
export function complement(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.length).fill(bytes[0]! ^ 0xff);
}

export type PutEnding = "returns" | "does not wait" | "exits" | "dies";

/** Puts so many bytes as one item, and ends in one of several ways at once. */
export async function putAndEnd(queue: Queue<Uint8Array>, bytes: number, ending: PutEnding): Promise<void> {
  const put = queue.put(new Uint8Array(bytes).fill(7));
  if (ending === "does not wait") {
    put.catch(() => {});
    return;
  }
  await put;
  if (ending === "exits") process.exit(0);
  if (ending === "dies") process.kill(process.pid, "SIGKILL");
}

/** Puts items of so many bytes, each of them filled with its number, and never stops. */
export async function putForEver(queue: Queue<Uint8Array>, bytes: number): Promise<never> {
  for (let n = 0; ; n++) await queue.put(new Uint8Array(bytes).fill(n & 0xff));
}

export async function getOne(queue: Queue<unknown>): Promise<void> {
  await queue.get();
}

/** Gives `n`, unless it is `at`: then it never ends. */
export function spinAt({ n, at }: { n: number; at: number }): number {
  return n === at ? spin() : n;
}

export async function sayPidAndSpin(said: Queue<number>): Promise<never> {
  await said.put(process.pid);
  return spin();
}

/** Ends once the file is there. */
export async function waitForFile(path: string, said: Queue<number>): Promise<void> {
  await said.put(process.pid);
  await waitFor(() => existsSync(path), { what: path, timeoutMs: 60_000 });
}

/** Says its pid, starts a child that does and spins, and waits for it. */
export async function startAnother(said: Queue<number>): Promise<void> {
  await said.put(process.pid);
  const child = new Process({ target: task(import.meta, sayPidAndSpin), args: [said] });
  await child.start();
  await child.join();
}
