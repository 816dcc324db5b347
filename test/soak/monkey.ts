import { setImmediate, setTimeout as delay } from "node:timers/promises";
import { now } from "./log.js";
import { soakProcesses, type ProcessClass, type SoakProcess } from "./processes.js";
import type { Random } from "./random.js";

/** `STOP` is followed by CONT after `stopMs`. */
export type Blow = "KILL" | "TERM" | "STOP";

/**
 * One action of the monkey. Which process it hits depends on the processes that live then: the `choice`th of them,
 * counted round the list.
 */
export interface Action {
  atMs: number;
  blow: Blow;
  target: ProcessClass;
  choice: number;
  stopMs: number;
}

/** What it did. */
export interface Hit {
  pid: number;
  class: ProcessClass;
  blow: Blow;
  /** Nanoseconds of the monotonic clock, before the signal was sent. */
  at: number;
  command: string;
}

export type Mood = "calm" | "stops" | "kills";

const usualTargets: readonly ProcessClass[] = [
  "client",
  "client",
  "client",
  "worker",
  "worker",
  "worker",
  "worker",
  "guardian",
  "maker",
  "private",
  "other",
];

/** A schedule for about `lengthMs`. `withServer`: the server is hit, too, once, towards the end. */
export function planActions(random: Random, mood: Mood, lengthMs: number, withServer: boolean): Action[] {
  const actions: Action[] = [];
  const add = (target: ProcessClass, blow: Blow, from: number) =>
    actions.push({
      atMs: random.int(from, lengthMs),
      blow,
      target,
      choice: random.bits(),
      stopMs: random.int(20, 1500),
    });
  if (mood !== "calm") {
    for (let left = random.int(3, 12); left > 0; left--) {
      const blow = mood === "stops" ? "STOP" : random.pick(["KILL", "KILL", "TERM", "STOP"] as const);
      add(random.pick(usualTargets), blow, 0);
    }
  }
  if (withServer) add("server", random.pick(["KILL", "KILL", "TERM", "STOP"] as const), lengthMs / 2);
  return actions.sort((a, b) => a.atMs - b.atMs);
}

/** Those live for milliseconds, or have just been started: the monkey looks out for one so long, in milliseconds. */
const fleeting: ReadonlySet<ProcessClass> = new Set(["maker", "private", "other"]);
const lookOutMs = 400;

/** Signals processes that carry the run's mark, and no others. */
export class Monkey {
  readonly #id: string;
  readonly #serverPid: () => number | null;
  readonly #clients: ReadonlySet<number>;
  readonly hits: Hit[] = [];
  readonly #stopped = new Map<number, string>();

  constructor(id: string, serverPid: () => number | null, clients: ReadonlySet<number>) {
    this.#id = id;
    this.#serverPid = serverPid;
    this.#clients = clients;
  }

  living(): SoakProcess[] {
    return soakProcesses(this.#id, this.#serverPid(), this.#clients);
  }

  /** Goes through the schedule; processes that it stopped go on before this resolves. */
  async run(actions: readonly Action[], over: AbortSignal): Promise<void> {
    const began = performance.now();
    const continued: Promise<void>[] = [];
    for (const action of actions) {
      await delay(Math.max(0, action.atMs - (performance.now() - began)), undefined, { signal: over }).catch(() => {});
      if (over.aborted) break;
      const victim = await this.#find(action);
      if (!victim) continue;
      this.hits.push({ pid: victim.pid, class: victim.class, blow: action.blow, at: now(), command: victim.command() });
      if (!send(victim.pid, `SIG${action.blow}`) || action.blow !== "STOP") continue;
      this.#stopped.set(victim.pid, victim.start);
      continued.push(
        delay(action.stopMs, undefined, { signal: over })
          .catch(() => {})
          .then(() => this.#continue(victim.pid)),
      );
    }
    await Promise.all(continued);
  }

  async #find({ target, choice }: Action): Promise<SoakProcess | undefined> {
    const end = performance.now() + (fleeting.has(target) ? lookOutMs : 0);
    for (;;) {
      const candidates = this.living().filter((row) => row.class === target);
      if (candidates.length > 0 || performance.now() >= end) return candidates[choice % candidates.length];
      await setImmediate();
    }
  }

  #continue(pid: number): void {
    const start = this.#stopped.get(pid);
    this.#stopped.delete(pid);
    // Its number may be another process's by now.
    if (this.living().some((row) => row.pid === pid && row.start === start)) send(pid, "SIGCONT");
  }
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    // It has ended.
    return false;
  }
}
