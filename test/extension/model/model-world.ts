import { type TestContext } from "node:test";
import type { Event, Snapshot } from "../../../protocol/events.js";
import type { PoolInfo } from "../../../protocol/pool.js";
import type { ProcessInfo } from "../../../protocol/process.js";
import type { Part } from "../../../extension/model/model.js";
import type { DismissalStore } from "../../../extension/model/dismissals.js";
import { ServerModel } from "../../../extension/model/server-model.js";
import { waitFor } from "../../deadline.js";
import { processInfo } from "../../process-info.js";
import { FakeServer } from "./fake-server.js";

export const nothing: Snapshot = { seq: 0, processes: [], pools: [], sync: [], deadlocks: [], runs: [], sessions: [] };

/** A store of dismissals that holds them in memory, as the workspace's memory does. */
export function dismissals(keys: readonly string[] = []): DismissalStore & { keys: readonly string[] } {
  const store = { keys, get: () => store.keys, set: (changed: readonly string[]) => void (store.keys = changed) };
  return store;
}

let counted = 0;
export function process_(changes: Partial<ProcessInfo> = {}): ProcessInfo {
  return processInfo(`s1.${++counted}`, counted, { name: "p", runtime: "command", target: "sleep", ...changes });
}

export const pool: PoolInfo = {
  pool: "pool:s1.1",
  name: null,
  run: null,
  session: "s1",
  state: "running",
  processes: 4,
  workers: 4,
  busy: 4,
  queued: 10,
  done: 0,
  failed: 0,
};

type Change = Event extends infer E ? (E extends Event ? Omit<E, "seq"> : never) : never;
let seq = 0;
export const events = (...changes: Change[]) => ({ events: changes.map((change) => ({ ...change, seq: ++seq })) });

export async function connected(
  t: TestContext,
  snapshot: Snapshot = nothing,
  { ended = [], store = dismissals() }: { ended?: ProcessInfo[]; store?: DismissalStore } = {},
): Promise<{ server: FakeServer; model: ServerModel; told: ReadonlySet<Part>[] }> {
  const server = new FakeServer();
  server.answers["process/list"] = () => ({ processes: [...snapshot.processes, ...ended] });
  const model = new ServerModel(server, {
    dismissals: store,
    onFault: (error) => {
      throw error;
    },
  });
  t.after(() => model.dispose());
  const told: ReadonlySet<Part>[] = [];
  model.onDidChange((parts) => told.push(parts));
  server.answers["events/subscribe"] = () => ({ instanceId: "i", seq: snapshot.seq, snapshot });
  server.connect();
  await waitFor(() => told.length > 0);
  return { server, model, told };
}
