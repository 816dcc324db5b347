/**
 * A client of a cluster, whose process may be killed: `client-main.js SERVER CLUSTER FOLDER FENCES SEED`. It runs tasks
 * until its standard input says `over`, and notes what it was told in FOLDER/told. The line `poison` lets it add a task
 * that kills each agent.
 */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { connect, PolyprocError, task } from "polyproc";
import { Random } from "../random.js";
import * as tasks from "./cluster-tasks.js";

const [server, cluster, folder, fences, seed] = process.argv.slice(2) as [string, string, string, string, string];
const random = new Random(seed);
const meta = { url: new URL("./cluster-tasks.js", import.meta.url).href };
const noted = task(meta, tasks.noted);
const guarded = task(meta, tasks.guarded);
const poison = task(meta, tasks.poison);
/** Long tasks that are in the cluster at a time. */
const lookAhead = 16;
const shortTasks = 40;
/** More than a pack holds in its job. */
const largeText = "x".repeat(100 * 1024);

let isOver = false;
let given = 0;
const poisons: Promise<void>[] = [];
const tell = (...words: (string | number)[]) => appendFileSync(join(folder, "told"), `${words.join(" ")}\n`);

const mp = await connect(server);
const pool = new mp.Pool({ cluster });
createInterface({ input: process.stdin }).on("line", (line) => {
  if (line === "over") isOver = true;
  if (line === "poison") poisons.push(poisoned());
});

function item(ms: number) {
  return { n: given++, folder: join(folder, "tasks"), ms, text: random.chance(0.05) ? largeText : "" };
}

function* longItems() {
  do yield item(random.int(30, 250));
  while (!isOver);
}

function* guards() {
  do yield { fences, writes: random.int(5, 40) };
  while (!isOver);
}

async function runLong(): Promise<void> {
  for await (const { n, size } of pool.imapUnordered(noted, longItems(), { lookAhead })) tell("told", n, size);
}

/** Longer than a lease: only such a task can run beside itself, or lose its hosts one after the other. */
async function runLongest(): Promise<void> {
  do {
    const given = item(random.int(2000, 6000));
    try {
      const { n, size } = await pool.apply(noted, [given]);
      tell("told", n, size);
    } catch (error) {
      if (!(error instanceof PolyprocError) || error.codeName !== "AgentLost") throw error;
      tell("lost", given.n);
    }
  } while (!isOver);
}

/** So short that several travel in one pack. */
async function runShort(): Promise<void> {
  do {
    const items = Array.from({ length: shortTasks }, () => item(0));
    for (const { n, size } of await pool.map(noted, items, { chunkSize: 1 })) tell("told", n, size);
  } while (!isOver);
}

async function runGuards(): Promise<void> {
  for await (const end of pool.imapUnordered(guarded, guards(), { lookAhead: 2 })) tell("guard", end);
}

async function poisoned(): Promise<void> {
  try {
    await pool.apply(poison, []);
    throw new Error("the task that kills each agent has succeeded");
  } catch (error) {
    if (!(error instanceof PolyprocError) || error.codeName !== "AgentLost") throw error;
    tell("poisoned");
  }
}

await Promise.all([runLong(), runLongest(), runShort(), runGuards()]);
await Promise.all(poisons);
await pool.terminate();
await mp.close();
tell("given", given);
process.exit(0);
