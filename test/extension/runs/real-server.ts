import type { TestContext } from "node:test";
import { connectTo } from "../../../bindings/typescript/session/client-link.js";
import { Connection } from "../../../bindings/typescript/session/connection.js";
import type { Rpc, Server, ServerState } from "../../../extension/connection/rpc.js";
import { ServerModel } from "../../../extension/model/server-model.js";
import { RunList } from "../../../extension/runs/run-list.js";

/** What runs need of a window: a connection of its own, a model, the runs. */
export interface Window {
  runs: RunList;
  model: ServerModel;
  rpc: Rpc;
  close(): Promise<void>;
}

/** Connects to a real server. The window closes with the test. */
export async function openWindow(t: TestContext, path: string, maxEndedBytes?: number): Promise<Window> {
  const address = `unix:${path}`;
  const connection = new Connection((self) => connectTo(self, address, {}));
  await connection.open();
  const rpc: Rpc = {
    facts: connection.facts,
    server: { version: "", pid: 0 },
    request: (method, params, signal) =>
      connection.request(method, params, { background: true, ...(signal ? { signal } : {}) }),
    on: (method, listener) => ({ dispose: connection.on(method, listener) }),
    mint: (kind) => connection.mint(kind),
    closed: connection.closed,
  };
  const faults: unknown[] = [];
  const onFault = (fault: unknown) => void faults.push(fault);
  const server = new ConnectedServer(rpc, address);
  const model = new ServerModel(server, { onFault, dismissals: { get: () => [], set: () => {} } });
  const runs = new RunList({ server, model, defaults: () => ({}), onFault, maxEndedBytes });
  let closed = false;
  const close = async () => {
    if (closed) return;
    closed = true;
    runs.dispose();
    model.dispose();
    await connection.close();
    if (faults.length > 0) throw new Error("a fault that nobody waited for", { cause: faults[0] });
  };
  t.after(close);
  return { runs, model, rpc, close };
}

class ConnectedServer implements Server {
  state: ServerState;
  readonly address: string;
  readonly #rpc: Rpc;
  readonly #listeners = new Set<(state: ServerState) => void>();

  constructor(rpc: Rpc, address: string) {
    this.#rpc = rpc;
    this.address = address;
    this.state = { kind: "connected", rpc, address };
    void rpc.closed.then(() => {
      this.state = { kind: "lost", detail: "" };
      for (const listener of this.#listeners) listener(this.state);
    });
  }

  onDidChange(listener: (state: ServerState) => void): { dispose: () => void } {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  ensure(): Promise<Rpc> {
    return Promise.resolve(this.#rpc);
  }

  attach(): Promise<Rpc> {
    return Promise.resolve(this.#rpc);
  }
}
