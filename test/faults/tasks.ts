/** What the children of these tests run. */
import { existsSync, writeFileSync, writeSync } from "node:fs";
import {
  currentProcess,
  parentProcess,
  Pool,
  Process,
  task,
  type Barrier,
  type Condition,
  type Lock,
  type PipeEnd,
  type Queue,
  type RLock,
  type Semaphore,
} from "polyproc";
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

/** Doubles it after a time that is long enough to be looked at. */
export async function doubleAfterAWhile(n: number): Promise<number> {
  await new Promise((done) => setTimeout(done, 20));
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
export async function hold(
  lock: Lock | RLock | Semaphore | Condition,
  times: number,
  said: Queue<string>,
): Promise<never> {
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
  await said.put(
    await waiting.then(
      () => "passed",
      (error: Error) => error.name,
    ),
  );
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

/** Puts one item of this many bytes, then ends at once in one of several ways. */
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

/** Puts items of this many bytes, each filled with its number, without end. */
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

/** The same with children that only wait, so that they take no processor from others. */
export async function sayPidAndWait(said: Queue<number>): Promise<never> {
  await said.put(process.pid);
  return wait();
}

export async function startAnotherThatWaits(said: Queue<number>): Promise<void> {
  await said.put(process.pid);
  const child = new Process({ target: task(import.meta, sayPidAndWait), args: [said] });
  await child.start();
  await child.join();
}

/**
 * Takes one lock, waits until the others have theirs, asks for the next, says how that ended, and gives back what it
 * has.
 */
export async function takeBoth(
  name: string,
  first: Lock | RLock,
  second: Lock | RLock,
  meeting: Barrier,
  said: Queue<[name: string, outcome: string]>,
): Promise<void> {
  await first.acquire();
  await meeting.wait();
  try {
    await second.acquire();
    await said.put([name, "got both"]);
    await second.release();
  } catch (error) {
    await said.put([name, (error as Error).name]);
  }
  await first.release();
}

export function fail(): never {
  throw new Error("on purpose");
}

export interface Slow {
  n: number;
  /** Takes until this file is there; the others take no time. */
  until?: string;
}

/** Doubles `n`; a slow one computes all the while, so that no message reaches its worker. */
export function doubleSlowly({ n, until }: Slow): number {
  while (until !== undefined && !existsSync(until));
  return n * 2;
}

/** The same, but a slow one waits all the while. */
export async function doubleLater({ n, until }: Slow): Promise<number> {
  if (until !== undefined) await waitFor(() => existsSync(until), { what: until, timeoutMs: 60_000 });
  return n * 2;
}

/** Writes this many numbered lines of 100 bytes, through JavaScript's streams or to the descriptor. */
export function flood(lines: number, way: "console" | "descriptor"): void {
  for (let n = 0; n < lines; n += 100) {
    let text = "";
    for (let i = n; i < Math.min(n + 100, lines); i++) text += `${String(i).padEnd(99, ".")}\n`;
    if (way === "console") process.stdout.write(text);
    else writeWhole(1, Buffer.from(text));
  }
}

/** A pipe that the server does not read just now refuses more, since it does not block. */
function writeWhole(fd: number, bytes: Uint8Array): void {
  for (let sent = 0; sent < bytes.length;) {
    try {
      sent += writeSync(fd, bytes, sent);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    }
  }
}

/** Its pid and its parent's; then the same of its own child, `depth` levels down. */
export async function tellGenerations(depth: number, said: Queue<string>): Promise<void> {
  await said.put(`${currentProcess().name} of ${parentProcess()!.name}`);
  if (depth === 0) return;
  const child = new Process({ target: task(import.meta, tellGenerations), args: [depth - 1, said] });
  await child.start();
  // Not joined here: it is joined at the end of this process.
}

/**
 * Has children of each kind, says their pids (daemonic, not daemonic, one that is to end with it, worker), and spins.
 */
export async function haveChildren(said: Queue<number>, goFile: string): Promise<never> {
  const daemonic = new Process({ target: task(import.meta, sayPidAndSpin), args: [said], daemon: true });
  await daemonic.start();
  // In this order.
  await waitFor(async () => (await said.size()) === 1);
  for (const onParentDeath of [undefined, "end"] as const) {
    await new Process({ target: task(import.meta, waitForFile), args: [goFile, said], onParentDeath }).start();
    await waitFor(async () => (await said.size()) === (onParentDeath ? 3 : 2));
  }
  const pool = new Pool(1);
  pool.applyAsync(task(import.meta, sayPidAndSpin), [said]);
  await waitFor(async () => (await said.size()) === 4);
  return spin();
}

/** What happens when a daemonic process starts another. */
export async function startFromDaemon(said: Queue<string>): Promise<void> {
  const child = new Process({ target: task(import.meta, double), args: [1] });
  await child.start().then(
    () => said.put("started"),
    (error: Error) => said.put(`${error.name}: ${error.message}`),
  );
}

/** A pool of its own, inside of a process. */
export async function sumInPool(numbers: number[], said: Queue<number>): Promise<void> {
  await using pool = new Pool(2);
  const doubled = await pool.map(task(import.meta, double), numbers);
  await said.put(doubled.reduce((sum, n) => sum + n, 0));
}

export async function sayPid(said: Queue<number>): Promise<void> {
  await said.put(process.pid);
}
