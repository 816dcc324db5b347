/** What the children of these programs run. */
import { writeSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { Pool, Process, task, type Lock, type PipeEnd, type Queue } from "polyproc";
import { Log } from "../log.js";
import { enter, leave } from "./slots.js";

export interface Item {
  log: string;
  /** The number of its call. */
  call: number;
  number: number;
  ms: number;
  bytes: number;
  /** Lines that it prints. */
  lines: number;
}

/** Tells the log that it was begun, takes its time, and gives a value that proves which item it was. */
export async function work({ log: path, call, number, ms, bytes, lines }: Item): Promise<string> {
  const log = new Log(path);
  log.write("task", { call, number });
  log.close();
  for (let line = 0; line < lines; line++) writeSync(1, `${call}.${number} line ${line}\n`);
  if (ms > 0) await delay(ms);
  return `${"r".repeat(bytes)}${call}.${number}`;
}

/** The same while it holds a lock that others want, too: a worker that is killed here dies as its holder. */
export async function workGuarded(item: Item, lock: Lock, folder: string, name: string): Promise<string> {
  await using _guard = await lock.lock();
  const log = new Log(item.log);
  const slot = await enter(log, folder, name, 1);
  log.close();
  const result = await work(item);
  leave(slot);
  return result;
}

/** Takes what comes from an end that others read, too, until nothing comes. */
export async function receive(end: PipeEnd<string>, path: string): Promise<void> {
  const log = new Log(path);
  try {
    for await (const item of end) log.write("received", { item: item.slice(item.lastIndexOf(" ") + 1) });
  } catch (error) {
    log.write("error", { where: "receive", name: (error as Error).name, message: (error as Error).message });
  }
  await end.close();
  log.write("receiverEnded");
  log.close();
}

/** Sends items that name their sender through an end that others use, too. */
export async function sendAlong(end: PipeEnd<string>, path: string, sizes: number[]): Promise<void> {
  const log = new Log(path);
  try {
    for (const [number, size] of sizes.entries()) {
      const item = `${process.pid}.${number}`;
      log.write("sent?", { item });
      await end.send(`${"p".repeat(size)} ${item}`);
      log.write("sentAlong", { item });
    }
  } catch (error) {
    log.write("error", { where: "sendAlong", name: (error as Error).name, message: (error as Error).message });
  }
  await end.close();
  log.write("senderEnded");
  log.close();
}

/** Spreads its items over a pool of its own. */
export async function spread(items: Item[], results: Queue<string[]>): Promise<void> {
  await using pool = new Pool(2);
  await results.put(await pool.map(task(import.meta, work), items));
}

/** Sends numbers with a padding, and closes the end. */
export async function send(end: PipeEnd<string>, path: string, sizes: number[], pauses: number[]): Promise<void> {
  const log = new Log(path);
  try {
    for (const [number, size] of sizes.entries()) {
      await end.send(`${"p".repeat(size)} ${number}`);
      log.write("sent", { number });
      if (pauses[number]! > 0) await delay(pauses[number]);
    }
  } catch (error) {
    log.write("error", { where: "send", name: (error as Error).name, message: (error as Error).message });
  }
  await end.close();
  log.write("closed");
  log.close();
}

/** Sends back what comes, until nothing comes. */
export async function echo(end: PipeEnd<string>): Promise<void> {
  for await (const item of end) await end.send(item);
  await end.close();
}

/** A process that starts `width` children, each of which does the same with one level less, and waits for them. */
export async function grow(path: string, depth: number, width: number, ms: number): Promise<void> {
  const log = new Log(path);
  log.write("grown", { depth });
  if (ms > 0) await delay(ms);
  if (depth > 0) {
    const children = Array.from(
      { length: width },
      () => new Process({ target: task(import.meta, grow), args: [path, depth - 1, width, ms] }),
    );
    for (const child of children) await child.start();
    for (const child of children) {
      await child.join();
      log.write("joined", { depth, child: child.pid, exitCode: child.exitCode });
    }
  }
  log.close();
}
