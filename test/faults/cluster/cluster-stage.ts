import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { task } from "polyproc";
import { waitFor } from "../../deadline.js";
import { spawnServer, type ServerProcess } from "../../server/server-process.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { setStage, type Stage } from "../stage.js";
import { TestRedis } from "./redis.js";
import * as tasks from "./tasks.js";

interface TestContext {
  after(clean: () => void | Promise<void>): void;
}

export const taskFile = fileURLToPath(new URL("./tasks.js", import.meta.url));
const meta = { url: new URL("./tasks.js", import.meta.url).href };
export const double = task(meta, tasks.double);
export const logged = task(meta, tasks.logged);
export const fails = task(meta, tasks.fails);
export const dies = task(meta, tasks.dies);
export const killsAgent = task(meta, tasks.killsAgent);
export const echo = task(meta, tasks.echo);
export const writesGuarded = task(meta, tasks.writesGuarded);
export const consumes = task(meta, tasks.consumes);
export const variable = task(meta, tasks.variable);

export const allowTasks = ["--allow-module", dirname(taskFile)];

/** Starts an agent; it is killed at the end of the test. */
export function spawnAgent(
  test: TestContext,
  address: string,
  name: string,
  args: readonly string[] = ["-j", "2", ...allowTasks],
  env: Record<string, string> = {},
): ServerProcess {
  return spawnServer(test, ["agent", "--cluster", address, "--name", name, ...args], { env });
}

/** The same; resolves when it takes work. */
export async function startAgent(...args: Parameters<typeof spawnAgent>): Promise<ServerProcess> {
  const agent = spawnAgent(...args);
  const { process } = agent;
  const hasEnded = () => process.exitCode !== null || process.signalCode !== null;
  try {
    await waitFor(() => agent.stdout().includes("takes work") || hasEnded(), { what: "an agent that takes work" });
    assert.ok(!hasEnded(), "it has ended");
  } catch (cause) {
    throw new Error(`the agent ${args[2]} does not take work; it said: ${agent.stderr()}`, { cause });
  }
  return agent;
}

/** The hosts of the cluster, as the stage's server lists them. */
export async function hostsOf({ mp }: Stage, cluster: string) {
  return (await mp.connection.request("cluster/hosts", { cluster })).hosts;
}

/** A Redis, agents on it, and a client with its server. */
export interface ClusterStage {
  readonly stage: Stage;
  readonly redis: TestRedis;
  readonly address: string;
  readonly agents: ServerProcess[];
  /** A file for begins and ends of tasks, which does not exist yet. */
  readonly log: string;
  /** A file that does not exist yet: tasks wait for it. */
  readonly gate: string;
}

export async function setClusterStage(
  test: TestContext,
  names: readonly string[] = ["alpha", "beta"],
  { args, lease = 10 }: { args?: readonly string[]; /** In seconds. */ lease?: number } = {},
): Promise<ClusterStage> {
  const folder = temporaryFolder(test);
  const redis = await TestRedis.start(test);
  const address = redis.url(`lease=${lease}`);
  const [stage, ...agents] = await Promise.all([
    setStage(test),
    ...names.map((name) => startAgent(test, address, name, args)),
  ]);
  return { stage, redis, address, agents, log: join(folder, "log"), gate: join(folder, "gate") };
}

export interface Note {
  readonly what: "begin" | "end" | "overlap";
  readonly n: number;
  readonly pid: number;
  /** Pid of the agent. */
  readonly agent: number;
  readonly at: number;
}

/** What the tasks have noted so far. */
export function notes(log: string): Note[] {
  if (!existsSync(log)) return [];
  return readFileSync(log, "utf8")
    .trim()
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const [what, n, pid, agent, at] = line.split(" ");
      return { what: what as Note["what"], n: Number(n), pid: Number(pid), agent: Number(agent), at: Number(at) };
    });
}

export function begins(log: string): Note[] {
  return notes(log).filter(({ what }) => what === "begin");
}
