import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { connect, type Client } from "polyproc";
import { waitFor, within } from "../deadline.js";
import { describeProcess } from "../runner/leaks.js";
import { collectEvidence } from "./evidence.js";
import { judgeEnding } from "./judge.js";
import { now } from "./log.js";
import { Monkey, planActions, type Action, type Hit, type Mood } from "./monkey.js";
import { startProgram, type Program } from "./program.js";
import { Random } from "./random.js";
import { scenarios } from "./scenarios/all.js";
import type { Ending, Play, Scenario, Story } from "./scenarios/scenario.js";
import type { Stage } from "./stage.js";

/** Far more than a program needs on a busy machine after its own time is over. */
const patienceMs = 150_000;
/** What ends by itself when its parent has ended may take this long. */
const settleMs = 20_000;

/** A quiet server has some fifty descriptors open: its listener, warm hosts, FIFOs made ahead. */
const mostDescriptors = 150;
/** How much of a program's log is shown when a check fails. */
const lastRecords = 12;

export interface RoundPlan {
  number: number;
  mood: Mood;
  hitsServer: boolean;
  scenarios: Scenario[];
  actions: Action[];
  lengthMs: number;
  random: Random;
}

export interface RoundReport {
  plan: RoundPlan;
  hits: Hit[];
  /** How often each operation was logged. */
  operations: Map<string, number>;
  /** What did not hold, in words; the last may be long evidence. */
  faults: string[];
}

/** The same for the same seed and number. `only`: names of scenarios to choose from. */
export function planRound(seed: number, number: number, only: readonly string[]): RoundPlan {
  const random = new Random(seed, number);
  const hitsServer = number % 5 === 0;
  const mood = hitsServer ? "kills" : random.pick(["calm", "stops", "kills", "kills", "kills"] as const);
  const lengthMs = random.int(1000, 4000);
  const choices = only.length === 0 ? scenarios : scenarios.filter(({ name }) => only.includes(name));
  return {
    number,
    mood,
    hitsServer,
    lengthMs,
    random,
    scenarios: random.sample(choices, random.int(1, 3)),
    actions: planActions(random, mood, lengthMs, hitsServer),
  };
}

interface Act {
  play: Play;
  programs: Program[];
}

export async function runRound(stage: Stage, plan: RoundPlan): Promise<RoundReport> {
  const { number, random, lengthMs } = plan;
  if (stage.serverPid === null) await stage.startServer();
  const folder = join(stage.folder, `r${number}`);
  mkdirSync(folder);
  const faults: string[] = [];
  const pids = new Set<number>();
  const monkey = new Monkey(stage.id, () => stage.serverPid, pids);
  const keeper = await connect(stage.address!, { name: "keeper" });
  const acts: Act[] = [];
  for (const scenario of plan.scenarios) {
    const play = scenario.write(random, { folder, prefix: `r${number}`, lengthMs });
    await play.prepare?.(keeper);
    acts.push({ play, programs: [] });
  }
  for (const [i, act] of acts.entries()) {
    for (const [j, program] of act.play.programs.entries()) {
      const address = random.chance(0.6) ? stage.address! : random.pick(stage.addresses);
      const env = { ...stage.environment, ...(program.isPrivate !== true && { POLYPROC_ADDRESS: address }) };
      const started = startProgram(program, join(folder, `${i}.${j}.log`), env, folder);
      pids.add(started.pid);
      act.programs.push(started);
    }
  }

  const over = new AbortController();
  const mischief = monkey.run(plan.actions, over.signal);
  const finished = Promise.all(acts.map((act) => finish(act, over.signal)));
  let serverStderr = "";
  const ended = await within(finished, "the end of every program", lengthMs + patienceMs).then(
    () => true,
    () => false,
  );
  if (!ended) {
    const hanging = acts.flatMap(({ programs }) => programs).filter((program) => program.status() === null);
    faults.push(`after ${lengthMs + patienceMs} ms still running: ${hanging.map(describeProgram).join("; ")}`);
    serverStderr = stage.serverStderr;
    faults.push(await collectEvidence(stage.stacks, stage.address, monkey.living()));
    stage.killAll();
    await finished.catch(() => {});
  }
  over.abort();
  await mischief;
  const serverHit = monkey.hits.find((hit) => hit.class === "server" && hit.blow !== "STOP");
  if (serverHit)
    await waitFor(() => stage.serverStatus !== null, { what: "the server's end", timeoutMs: settleMs }).catch(
      async (error: unknown) => faults.push(String(error), await collectEvidence(stage.stacks, null, monkey.living())),
    );
  const serverEndedAt = serverHit?.at ?? null;
  if (stage.serverStatus !== null && !serverHit && ended)
    faults.push(`the server ended with ${stage.serverStatus} though no signal hit it`);
  if (ended) serverStderr = stage.serverStderr;
  if (serverStderr !== "") faults.push(`the server wrote: ${serverStderr}`);

  const undisturbed = monkey.hits.every(({ blow }) => blow === "STOP");
  const operations = new Map<string, number>();
  for (const { play, programs } of ended ? acts : []) {
    if (stage.serverStatus === null)
      await within(Promise.resolve(play.drain?.()), "what is left of a scenario", settleMs).catch((error: unknown) =>
        faults.push(String(error)),
      );
    const endings = programs.map(endingOf);
    const story: Story = { endings, hits: monkey.hits, serverEndedAt, undisturbed };
    faults.push(...endings.flatMap((ending) => judgeEnding(ending, story)), ...play.check(story));
    for (const { op } of endings.flatMap(({ records }) => records)) operations.set(op, (operations.get(op) ?? 0) + 1);
  }
  if (faults.length > 0) faults.push(...acts.flatMap(({ programs }) => programs).map(lastWords));
  await keeper.close().catch(() => {});
  if (ended) faults.push(...(await lookForLeftovers(stage, monkey)));
  if (!ended) await stage.endServer();
  else if (stage.serverStatus !== null) faults.push(...(await stage.endServer()));
  rmSync(folder, { recursive: true, force: true });
  for (const name of readdirSync(stage.stacks))
    if (faults.length === 0) rmSync(join(stage.stacks, name), { force: true });
  return { plan, hits: monkey.hits, operations, faults };
}

/** Waits for the programs of one scenario, and runs the scenario's own steps in that time. */
async function finish({ play, programs }: Act, over: AbortSignal): Promise<void> {
  const all = Promise.all(programs.map((program) => program.ended));
  const producers = Promise.all(
    programs.filter(({ params }) => params["role"] === "producer").map((program) => program.ended),
  );
  const told = Promise.race([all, producers]).then(() => play.producersEnded?.());
  while (play.tend && !over.aborted) {
    const roles = new Set(programs.filter((program) => program.status() === null).map(({ params }) => params["role"]));
    if (roles.size === 0) break;
    await play.tend(roles).catch(() => {});
    await delay(100);
  }
  await Promise.all([all, told]);
}

function endingOf(program: Program): Ending {
  const { language, workload, params, pid } = program;
  return {
    language,
    workload,
    params,
    pid,
    status: program.status()!,
    stderr: program.stderr(),
    records: program.records(),
  };
}

function describeProgram({ language, workload, pid, params }: Program): string {
  return `${language} ${workload} ${JSON.stringify(params)} (pid ${pid})`;
}

/** The end of its log, for people. */
function lastWords(program: Program): string {
  const lines = program
    .records()
    .slice(-lastRecords)
    .map((record) => JSON.stringify(record).slice(0, 500));
  return `the last of ${describeProgram(program)}:\n${lines.join("\n")}`;
}

/** What is left of the round: processes, files, and whatever the server still knows. */
async function lookForLeftovers(stage: Stage, monkey: Monkey): Promise<string[]> {
  const faults: string[] = [];
  const began = now();
  const settled = async (what: string, look: () => Promise<string[]>) => {
    const timeoutMs = Math.max(1000, settleMs - (now() - began) / 1e6);
    const found: { last: string[] } = { last: [] };
    await waitFor(async () => (found.last = await look()).length === 0, { what, timeoutMs, intervalMs: 50 }).catch(
      () => {
        faults.push(...found.last.map((one) => `${what} was left: ${one}`));
      },
    );
  };
  if (stage.serverStatus === null) {
    await settled("in the server", () => remembered(stage.watcher));
    await settled("in the server's table of open files", async () => {
      const open = readdirSync(`/proc/${stage.serverPid}/fd`).length;
      return open > mostDescriptors ? [`${open} descriptors`] : [];
    });
  }
  await settled("a process", async () => {
    const warm = stage.serverStatus === null ? await warmHosts(stage.watcher) : new Set<number>();
    return monkey
      .living()
      .filter((row) => !isExpected(row.class, row.pid, warm, stage))
      .map((row) => `${row.class} ${describeProcess(row)}`);
  });
  await settled("a file", async () => stage.temporaryFiles());
  if (faults.length > 0)
    faults.push(
      await collectEvidence(stage.stacks, stage.serverStatus === null ? stage.address : null, monkey.living()),
    );
  return faults;
}

function isExpected(kind: string, pid: number, warm: ReadonlySet<number>, stage: Stage): boolean {
  if (stage.serverStatus !== null) return false;
  return pid === stage.serverPid || kind === "guardian" || warm.has(pid);
}

async function warmHosts(watcher: Client): Promise<Set<number>> {
  const { processes } = await watcher.connection.request("process/list", { scope: "all" });
  return new Set(processes.filter(({ role }) => role === "host").map(({ pid }) => pid ?? 0));
}

/** A server without clients must have no object, process, pool or run left. */
async function remembered(watcher: Client): Promise<string[]> {
  const topics = ["process", "pool", "task", "sync", "deadlock", "run", "session"] as const;
  const { snapshot } = await watcher.connection.request("events/subscribe", { topics: [...topics] });
  await watcher.connection.request("events/unsubscribe", {});
  const { processes, pools, sync, deadlocks, runs, sessions } = snapshot!;
  return [
    ...processes.filter(({ role, state }) => role !== "host" && state !== "exited"),
    ...pools,
    ...sync,
    ...deadlocks,
    ...runs,
    ...sessions.filter(({ name, role }) => name !== "soak" && role !== "worker"),
  ].map((one) => JSON.stringify(one));
}
