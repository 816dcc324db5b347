import type { ChildProcess } from "node:child_process";
import type { TestContext } from "node:test";
import { connectTo } from "../../../bindings/typescript/session/client-link.js";
import { Connection } from "../../../bindings/typescript/session/connection.js";
import type { Rpc, Server } from "../../../extension/connection/rpc.js";
import { RunList } from "../../../extension/runs/run-list.js";
import type { RunItem, RunRequest, Runs } from "../../../extension/runs/run.js";
import { openOutputFeed } from "../../../extension/tasks/output-feed.js";
import { runTask } from "../../../extension/tasks/run-task.js";
import type { Target } from "../../../protocol/target.js";
import { startServer } from "../../examples/listening-server.js";
import { FakeModel } from "../runs/fake-server.js";
import { FakeTerminal } from "./fake-terminal.js";

/** A server of its own, and a window's runs on it, until the end of the test. */
export interface RealServer {
  address: string;
  process: ChildProcess;
  rpc: Rpc;
  runs: Runs;
}

export async function realServer(t: TestContext): Promise<RealServer> {
  const { address, process } = await startServer(t);
  const connection = new Connection((self) => connectTo(self, address, {}));
  await connection.open();
  const rpc: Rpc = {
    facts: connection.facts,
    server: { version: "", pid: process.pid! },
    request: (method, params, signal) => connection.request(method, params, { signal }),
    on: (method, listener) => ({ dispose: connection.on(method, listener) }),
    mint: (kind) => connection.mint(kind),
    closed: connection.closed,
  };
  const window: Server = {
    state: { kind: "connected", rpc, address },
    onDidChange: () => ({ dispose: () => {} }),
    ensure: async () => rpc,
    attach: async () => rpc,
    address,
  };
  const runs = new RunList({
    server: window,
    model: new FakeModel(),
    defaults: () => ({}),
    onFault: (fault) => t.diagnostic(String(fault)),
  });
  t.after(async () => {
    runs.dispose();
    await connection.close().catch(() => {});
  });
  return { address, process, rpc, runs };
}

export interface RealTask {
  terminal: FakeTerminal;
  stop: AbortController;
  /** Its exit code. */
  status: Promise<number>;
}

/** Runs a target in a task's terminal. */
export function startTask(
  { runs, address }: RealServer,
  target: Target,
  values: readonly unknown[],
  options: RunRequest["options"] = {},
): RealTask {
  const items: RunItem[] = values.map((value) => ({ value, label: String(value).slice(0, 20), file: null }));
  const terminal = new FakeTerminal();
  const stop = new AbortController();
  const request: RunRequest = { name: "test", target, items, options: { chunkSize: 1, ...options }, origin: "task" };
  const status = runTask(
    {
      runs,
      prepare: async () => request,
      openFeed: () => openOutputFeed(address),
      screen: terminal.screen,
      columns: () => 80,
      what: "test",
    },
    stop.signal,
  );
  return { terminal, stop, status };
}
