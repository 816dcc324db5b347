import type { Result } from "../../../../protocol/message.js";
import type * as runs from "../../../../protocol/run.js";
import * as workers from "../../../../protocol/worker.js";
import type { Run } from "../../../../server/engine/runs/run.js";
import type { RunSpec } from "../../../../server/engine/runs/run-spec.js";
import { PoolWorld, settle, type FakeHost } from "../fake-hosts.js";

export type ReadResult = Result<typeof runs.read>;

/** An engine over fake hosts, and what a client of runs sees. */
export class RunWorld extends PoolWorld {
  #runs = 1;

  start(count: number, spec: Partial<RunSpec> = {}): Run {
    const run = spec.run ?? `run:${this.client.id}.${this.#runs++}`;
    const items = Array.from({ length: count }, () => new Uint8Array([1]));
    this.engine.runs.start(this.client, { run, target: { module: "/tasks.js", export: "work" }, items, ...spec });
    return this.engine.runs.get(run);
  }

  /** What there is to read now. */
  read(run: Run, since = 0, limit?: number): ReadResult {
    return run.read(this.client, since, limit, 0) as ReadResult;
  }

  states(run: Run): string[] {
    const states: string[] = [];
    for (const entry of this.read(run, 0, 10_000).entries) states[entry.index] = entry.state;
    return states;
  }

  /** Lets the hosts run all that they get, and end when they are told to. */
  async runAll(): Promise<void> {
    for (let progress = true; progress;) {
      progress = false;
      for (const host of this.hosts) {
        if (host.record.isOver) continue;
        if (host.signals.includes("SIGKILL")) {
          host.die();
          progress = true;
          await settle();
          continue;
        }
        if (!host.record.isReady) host.connect();
        await settle();
        for (let task = host.begin(); task; task = host.begin()) {
          host.succeed(task);
          progress = true;
          await settle();
        }
        if (host.peer.received(workers.exit).length === 0) continue;
        host.die({ exitCode: 0, signal: null });
        progress = true;
        await settle();
      }
    }
  }
}

/** The first worker, ready. */
export async function firstHost(world: RunWorld): Promise<FakeHost> {
  const host = world.hosts[0]!.connect();
  await settle();
  return host;
}
