import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Lock, PolyprocError } from "polyproc";
import { isLiving } from "../../living.js";

/** A task that notes its begin and its end in the append-only log of its number. */
export interface Noted {
  readonly n: number;
  /** The folder of the logs. */
  readonly folder: string;
  readonly ms: number;
  readonly text: string;
}

/** A task that holds the cluster's lock for some time, and notes its fence again and again. */
export interface Guarded {
  readonly fences: string;
  readonly writes: number;
}

function note(file: string, ...words: (string | number)[]): void {
  appendFileSync(file, `${words.join(" ")}\n`);
}

/** The earlier runs of the task that have not ended by themselves: their processes, and the agents of these. */
function unfinished(file: string): Map<number, number> {
  const open = new Map<number, number>();
  if (!existsSync(file)) return open;
  for (const line of readFileSync(file, "utf8").split("\n")) {
    const [what, pid, agent] = line.split(" ");
    if (what === "begin") open.set(Number(pid), Number(agent));
    if (what === "end") open.delete(Number(pid));
  }
  return open;
}

export async function noted({ n, folder, ms, text }: Noted): Promise<{ n: number; size: number }> {
  const file = join(folder, String(n));
  // Before the begin: who sees that this run has begun sees whether another one still ran.
  for (const [pid, agent] of unfinished(file))
    if (pid !== process.pid && isLiving(pid)) note(file, "overlap", pid, agent, process.pid, process.ppid);
  note(file, "begin", process.pid, process.ppid);
  if (ms > 0) await delay(ms);
  note(file, "end", process.pid, process.ppid);
  return { n, size: text.length };
}

export async function guarded({ fences, writes }: Guarded): Promise<"released" | "lapsed"> {
  const lock = new Lock({ name: "guarded", cluster: process.env["POLYPROC_CLUSTER"] });
  const guard = await lock.lock();
  for (let i = 0; i < writes; i++) {
    note(fences, guard.fence!, process.pid, process.ppid);
    await delay(5);
  }
  try {
    await guard.release();
    return "released";
  } catch (error) {
    // Told to the holder: another one may have used what the lock protects. It wrote nothing since.
    if (error instanceof PolyprocError && error.codeName === "BadState") return "lapsed";
    throw error;
  }
}

/** Kills the agent whose worker it is. */
export async function poison(): Promise<void> {
  process.kill(process.ppid, "SIGKILL");
  await delay(60_000);
}
