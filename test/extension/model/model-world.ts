import { type TestContext } from "node:test";
import type { Event, Snapshot } from "../../../protocol/events.js";
import type { PoolInfo } from "../../../protocol/pool.js";
import type { ProcessInfo } from "../../../protocol/process.js";
import type { Part } from "../../../extension/model/model.js";
import { ServerModel } from "../../../extension/model/server-model.js";
import { waitFor } from "../../deadline.js";
import { processInfo } from "../../process-info.js";
import { FakeServer } from "./fake-server.js";

export const nothing: Snapshot = { seq: 0, processes: [], pools: [], sync: [], deadlocks: [], runs: [], sessions: [] };

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
): Promise<{ server: FakeServer; model: ServerModel; told: ReadonlySet<Part>[] }> {
  const server = new FakeServer();
  const model = new ServerModel(server, {
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
