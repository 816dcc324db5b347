import { spawn, type ChildProcess } from "node:child_process";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { waitFor } from "../../deadline.js";
import type { Network } from "../../faults/cluster/network.js";
import { compiled } from "../../fixture.js";

/** Longest time until a host takes work. On a machine whose processors have other work a start has taken 20 s. */
export const serveMs = 180_000;
const tasks = dirname(fileURLToPath(new URL("./cluster-tasks.js", import.meta.url)));

interface Agent {
  readonly name: string;
  readonly process: ChildProcess;
  isServing: boolean;
  stderr: string;
  /** It was killed or told to end. */
  isEnding: boolean;
}

/** What the hosts of a run share. */
export interface HostParts {
  readonly cluster: string;
  /** Null: the hosts share this machine's. */
  readonly network: Network | null;
  /** Pids of the agents that were stopped: their tasks may run beside those of the hosts that took over. */
  readonly stopped: Set<number>;
  /** Pids of all agents that were started. */
  readonly agents: Set<number>;
  /** A task that kills agents is in the cluster. */
  readonly isPoisoned: () => boolean;
  readonly find: (finding: string) => void;
}

/** A host whose agent is started again when it ends, as a service manager would. */
export class SoakedHost {
  /** A fault that lasts is under way. */
  isBusy = false;
  /** One letter: its name in the network. */
  readonly #letter: string;
  readonly #parts: HostParts;
  readonly #living = new Set<Agent>();
  #agent: Agent;
  #count = 0;
  #isOver = false;

  constructor(letter: string, parts: HostParts) {
    this.#letter = letter;
    this.#parts = parts;
    this.#agent = this.#start(this.#newName());
  }

  get isServing(): boolean {
    return this.#agent.isServing;
  }

  async serves(): Promise<void> {
    await waitFor(() => this.isServing, { what: `host ${this.#letter} to take work`, timeoutMs: serveMs }).catch(
      (cause: unknown) => {
        const { name, process, stderr } = this.#agent;
        throw new Error(`the agent ${name}, pid ${process.pid}, does not take work; it said: ${stderr}`, { cause });
      },
    );
  }

  /** Its agent is killed, and another one started, with the same name or with another one. */
  kill(keepsName: boolean): void {
    const { name } = this.#agent;
    this.#end("SIGKILL");
    this.#agent = this.#start(keepsName ? name : this.#newName());
  }

  drain(): void {
    this.#end("SIGTERM");
    this.#agent = this.#start(this.#newName());
  }

  async stop(ms: number): Promise<void> {
    const { process } = this.#agent;
    this.#parts.stopped.add(process.pid!);
    process.kill("SIGSTOP");
    await delay(ms);
    process.kill("SIGCONT");
  }

  async cut(ms: number): Promise<void> {
    this.#parts.network!.set(this.#letter, "down");
    await delay(ms);
    this.#parts.network!.set(this.#letter, "up");
  }

  /** Resolves when all its agents that were told to end have ended. */
  async drained(): Promise<void> {
    const left = () => [...this.#living].filter(({ isEnding }) => isEnding);
    await waitFor(() => left().length === 0, {
      what: `the end of agents of host ${this.#letter} that drain`,
    }).catch((cause: unknown) => {
      const pids = left().map(({ name, process }) => `${name}, pid ${process.pid}`);
      throw new Error(`these agents do not end: ${pids.join("; ")}`, { cause });
    });
  }

  async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    this.#isOver = true;
    if (signal === "SIGKILL") for (const { process } of this.#living) process.kill(signal);
    else this.#end(signal);
    await waitFor(() => this.#living.size === 0, { what: `the end of host ${this.#letter}` });
  }

  #end(signal: "SIGTERM" | "SIGKILL"): void {
    this.#agent.isEnding = true;
    this.#agent.process.kill(signal);
  }

  #newName(): string {
    return `${this.#letter}${++this.#count}`;
  }

  #start(name: string): Agent {
    const { network, cluster, agents } = this.#parts;
    const command = [
      ...(network === null ? [] : ["ip", "netns", "exec", network.namespace(this.#letter)]),
      ...[process.execPath, compiled("server/main"), "agent", "--cluster", cluster, "--name", name],
      ...["-j", "2", "--allow-module", tasks],
    ];
    const child = spawn(command[0]!, command.slice(1), { stdio: ["ignore", "pipe", "pipe"] });
    agents.add(child.pid!);
    const agent: Agent = { name, process: child, isServing: false, stderr: "", isEnding: false };
    this.#living.add(agent);
    child.stdout.on("data", (data: Buffer) => (agent.isServing ||= data.toString().includes("takes work")));
    child.stderr.on("data", (data: Buffer) => (agent.stderr += data.toString()));
    child.once("close", (code, signal) => {
      this.#living.delete(agent);
      const isKilled = signal === "SIGKILL" && (agent.isEnding || this.#isOver || this.#parts.isPoisoned());
      // Redis was down for the ten seconds that a new agent tries to reach it.
      const isEarly = code === 2 && !agent.isServing && agent.stderr.includes("does not answer");
      if (!isKilled && !isEarly && !(agent.isEnding && code === 0))
        this.#parts.find(`the agent ${name}, pid ${child.pid}, ended with ${code ?? signal}; it said: ${agent.stderr}`);
      if (agent === this.#agent && !this.#isOver) this.#agent = this.#start(this.#newName());
    });
    return agent;
  }
}
