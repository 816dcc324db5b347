/** Functions that start processes of their own, behind the server's back. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Queue } from "polyproc";

/** Starts `family.sh` with these arguments, says the pid of each of its five members, and does not return. */
export async function startFamily(path: string, args: string[], said: Queue<number>): Promise<never> {
  const family = spawn(path, args, { stdio: ["ignore", "pipe", "ignore"] });
  for await (const line of createInterface({ input: family.stdout })) await said.put(Number(line.split(" ")[1]));
  throw new Error("the family has gone");
}

/** Starts it, says all pids, then those of the two that left the group, and ends. */
export async function leaveFamilyBehind(path: string, count: number, said: Queue<number[]>): Promise<void> {
  const family = spawn(path, [], { stdio: ["ignore", "pipe", "ignore"] });
  const pids = new Map<string, number>();
  for await (const line of createInterface({ input: family.stdout })) {
    const [kind, pid] = line.split(" ");
    pids.set(kind!, Number(pid));
    if (pids.size === count) break;
  }
  await said.put([...pids.values()]);
  await said.put([pids.get("escaped")!, pids.get("orphan")!]);
}
