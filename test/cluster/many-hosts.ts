/**
 * `npm run bench:hosts [-- --hosts N --slots N --rate N --ms N --seconds N --lease SECONDS]`: what Redis has to do for
 * a cluster of many hosts. The hosts are light: real agents, several in a process, whose tasks wait for `--ms`
 * milliseconds and start no worker. Needs redis-server. Prints connections and commands a second: without a pool, with
 * a pool that has no tasks, and at a rate of tasks.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpus, loadavg } from "node:os";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Pool, task } from "polyproc";
import { compiled } from "../fixture.js";
import { TestRedis } from "../faults/cluster/redis.js";
import type { LightAgents } from "./light-agents.js";

const { values } = parseArgs({
  options: {
    hosts: { type: "string", default: "100" },
    slots: { type: "string", default: "100" },
    rate: { type: "string", default: "200" },
    ms: { type: "string", default: "1000" },
    seconds: { type: "string", default: "20" },
    lease: { type: "string", default: "15" },
  },
});
const number = (name: keyof typeof values) => {
  const value = Number(values[name]);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name}: expected a whole number from 1 up`);
  return value;
};
const [hosts, slots, rate, ms, seconds] = [
  number("hosts"),
  number("slots"),
  number("rate"),
  number("ms"),
  number("seconds"),
];
const hostsInProcess = 25;

/** Never called: the light agents wait in its place. */
export function waits(n: number): number {
  return n;
}

interface Count {
  readonly commands: number;
  readonly cpuSeconds: number;
  readonly connections: number;
}

async function count(redis: TestRedis): Promise<Count> {
  const [clients, stats, cpu] = await Promise.all(
    ["clients", "stats", "cpu"].map((section) => redis.command("info", section)),
  );
  const field = (text: string, name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, "m").exec(text)?.[1]);
  return {
    connections: field(clients!, "connected_clients") - 1,
    commands: field(stats!, "total_commands_processed"),
    cpuSeconds: field(cpu!, "used_cpu_user") + field(cpu!, "used_cpu_sys"),
  };
}

async function report(redis: TestRedis, what: string, work: () => Promise<number>): Promise<void> {
  const before = await count(redis);
  const began = performance.now();
  const tasks = await work();
  const after = await count(redis);
  const elapsed = (performance.now() - began) / 1000;
  const commands = after.commands - before.commands;
  console.log(
    `${what}: ${after.connections} connections, ${Math.round(commands / elapsed)} commands a second, ` +
      `${Math.round((100 * (after.cpuSeconds - before.cpuSeconds)) / elapsed)} % of a processor for Redis` +
      (tasks === 0 ? "" : `, ${Math.round(tasks / elapsed)} tasks a second, ${(commands / tasks).toFixed(1)} a task`),
  );
}

async function startAgents(order: LightAgents): Promise<ChildProcess> {
  const child = spawn(process.execPath, [compiled("test/cluster/light-agents")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(JSON.stringify(order));
  const [said] = (await Promise.race([once(child.stdout, "data"), once(child, "exit")])) as [Buffer | number];
  if (!String(said).includes("ready")) throw new Error(`the agents have ended with ${String(said)}`);
  return child;
}

const cleaning: (() => void | Promise<void>)[] = [];
const agents: ChildProcess[] = [];
try {
  const redis = await TestRedis.start({ after: (clean) => void cleaning.unshift(clean) });
  const address = redis.url(`lease=${number("lease")}`);
  const folder = dirname(fileURLToPath(import.meta.url));
  const names = Array.from({ length: hosts }, (_, i) => `host-${i + 1}`);
  for (let from = 0; from < hosts; from += hostsInProcess)
    agents.push(await startAgents({ address, names: names.slice(from, from + hostsInProcess), slots, folder, ms }));
  console.log(
    `${hosts} hosts of ${slots} slots, a lease of ${number("lease")} s, on ${cpus().length} processors ` +
      `(${cpus()[0]?.model}), load average ${loadavg()[0]!.toFixed(1)}`,
  );
  const idle = () => delay(seconds * 1000, 0);
  await report(redis, "no pool", idle);
  const pool = new Pool({ cluster: address });
  const target = task(import.meta, waits);
  await pool.apply(target, [0]);
  await report(redis, "a pool without tasks", idle);
  await report(redis, `${rate} tasks a second of ${ms} ms`, async () => {
    const results: Promise<number>[] = [];
    const end = performance.now() + seconds * 1000;
    for (const began = performance.now(); performance.now() < end; await delay(20))
      while (results.length < ((performance.now() - began) / 1000) * rate)
        results.push(pool.apply(target, [results.length]));
    await Promise.all(results);
    return results.length;
  });
  await pool.terminate();
} finally {
  for (const child of agents) {
    const over = child.exitCode === null && child.signalCode === null ? once(child, "exit") : null;
    child.kill("SIGTERM");
    await over;
  }
  for (const clean of cleaning) await clean();
}
