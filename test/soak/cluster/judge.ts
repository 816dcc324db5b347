import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isLiving } from "../../living.js";

/** What the logs of a client's tasks say. */
export interface Evidence {
  readonly findings: readonly string[];
  readonly told: number;
  /** More than `told` if hosts ran some again. */
  readonly runs: number;
  /** Runs that began while another one of the same task still ran, on a host that had been stopped. */
  readonly overlaps: number;
}

export function lines(file: string): string[][] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => line.split(" "));
}

/**
 * `isComplete`: the client has ended by itself, so it was told of every task. `stopped`: the agents that were stopped.
 */
export function judgeTasks(folder: string, isComplete: boolean, stopped: ReadonlySet<number>): Evidence {
  const findings: string[] = [];
  const told = new Map<number, number>();
  const failed = new Set<number>();
  let given: number | null = null;
  for (const [what, number] of lines(join(folder, "told"))) {
    const n = Number(number);
    if (what === "given") given = n;
    if (what === "told" || what === "lost") told.set(n, (told.get(n) ?? 0) + 1);
    if (what === "lost") failed.add(n);
  }
  for (const [n, times] of told) if (times !== 1) findings.push(`task ${n} was told ${times} times`);
  if (isComplete && given === null) findings.push("the client did not say how many tasks it gave");
  for (let n = 0; n < (given ?? 0); n++) if (!told.has(n)) findings.push(`task ${n} of ${given} was lost`);
  let runs = 0;
  let overlaps = 0;
  const logs = new Set(readdirSync(join(folder, "tasks")).map(Number));
  for (const n of told.keys()) if (!logs.has(n)) findings.push(`task ${n} was told, but never ran`);
  for (const n of logs) {
    let begins = 0;
    let ends = 0;
    for (const [what, pid, agent, otherPid, otherAgent] of lines(join(folder, "tasks", String(n)))) {
      if (what === "begin") begins++;
      if (what === "end") ends++;
      if (what !== "overlap") continue;
      overlaps++;
      if (!stopped.has(Number(agent)))
        findings.push(
          `task ${n} began in ${otherPid} of agent ${otherAgent} while ${pid} of agent ${agent} ran it, ` +
            "which had not been stopped",
        );
    }
    runs += begins;
    // Its last two hosts died while they ran it; those before may have had it without beginning it.
    if (failed.has(n) && begins < 2) findings.push(`task ${n} failed with AgentLost after ${begins} runs`);
    if (told.has(n) && !failed.has(n) && ends === 0) findings.push(`task ${n} was told, but no run of it ended`);
  }
  return { findings, told: told.size, runs, overlaps };
}

/** Findings: a holder of the lock wrote after a later one. */
export function judgeFences(file: string): { findings: string[]; holders: number } {
  const findings: string[] = [];
  let holders = 0;
  let last = 0;
  for (const [fence, pid, agent] of lines(file)) {
    const n = Number(fence);
    if (n < last) findings.push(`holder ${n}, pid ${pid} of agent ${agent}, wrote after holder ${last}`);
    if (n > last) holders++;
    last = Math.max(last, n);
  }
  return { findings, holders };
}

/** The processes that have begun a task and not ended it, and live. */
export function runningTasks(folder: string): number[] {
  return readdirSync(join(folder, "tasks")).flatMap((n) => {
    const open = new Set<number>();
    for (const [what, pid] of lines(join(folder, "tasks", n))) {
      if (what === "begin") open.add(Number(pid));
      if (what === "end") open.delete(Number(pid));
    }
    return [...open].filter((pid) => isLiving(pid));
  });
}
