import { Lock, Queue } from "polyproc";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { isLiving } from "../../living.js";

/** A task that notes its begin and its end in an append-only log. */
export interface Logged {
  n: number;
  log: string;
  /** It ends once this file exists. */
  until?: string;
  ms?: number;
}

function note(log: string, what: string, n: number): void {
  appendFileSync(log, `${what} ${n} ${process.pid} ${process.ppid} ${Number(process.hrtime.bigint() / 1_000_000n)}\n`);
}

/** The processes that have begun the task. */
function begun(log: string, n: number): number[] {
  if (!existsSync(log)) return [];
  return [...readFileSync(log, "utf8").matchAll(new RegExp(`^begin ${n} (\\d+)`, "gm"))].map(([, pid]) => Number(pid));
}

export function double(n: number): number {
  return n * 2;
}

export async function logged({ n, log, until, ms = 0 }: Logged): Promise<number> {
  // Before the begin: who sees that this run has begun sees whether another one still ran.
  for (const pid of begun(log, n)) if (isLiving(pid)) note(log, "overlap", n);
  note(log, "begin", n);
  if (until !== undefined) while (!existsSync(until)) await delay(10);
  await delay(ms);
  note(log, "end", n);
  return n;
}

export function fails(n: number): never {
  throw new RangeError(`${n} is too small`);
}

/** Kills its worker. */
export function dies(): void {
  process.kill(process.pid, "SIGKILL");
}

/** Kills the agent whose worker it is, if `n` is `poison`. Takes `ms` otherwise. */
export async function killsAgent({ n, poison, ms = 0 }: { n: number; poison: number; ms?: number }): Promise<number> {
  if (n !== poison) await delay(ms);
  else {
    process.kill(process.ppid, "SIGKILL");
    await delay(60_000);
  }
  return n;
}

export function echo(value: unknown): unknown {
  return value;
}

export function variable(name: string): string | null {
  return process.env[name] ?? null;
}

export function where(): string {
  return hostname();
}

export interface Guarded {
  log: string;
  /** It releases the lock once this file exists. */
  until: string;
}

/** Holds the cluster's lock `guarded`, and writes its fence into the log all the time. */
export async function writesGuarded({ log, until }: Guarded): Promise<boolean> {
  const lock = new Lock({ name: "guarded", cluster: process.env["POLYPROC_CLUSTER"] });
  const guard = await lock.lock();
  do {
    note(log, "begin", guard.fence!);
    await delay(5);
  } while (!existsSync(until));
  await guard.release();
  return guard.ownerDied;
}

/** Takes numbers from a queue one by one, and notes each. */
export async function consumes({ cluster, log }: { cluster: string; log: string }): Promise<void> {
  const queue = new Queue<number>({ name: "jobs", cluster });
  for (;;) note(log, "end", await queue.get());
}
