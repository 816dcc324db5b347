import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import * as vscode from "vscode";
import type { PolyprocApi } from "../../../extension/api.js";
import type { ServerState } from "../../../extension/connection/rpc.js";
import type { Target } from "../../../protocol/target.js";
import { waitFor, within } from "../../deadline.js";
import { activated, workspaceFile } from "./harness/extension.js";
import { note } from "./harness/note.js";

interface TerminalEnd {
  /** Exit status of the command. */
  status: string;
  /** The server that the terminal's environment names. */
  address: string;
  /** What the command wrote to both streams. */
  output: string;
}

describe("core", () => {
  let api: PolyprocApi;
  let extension: vscode.Extension<PolyprocApi>;
  let folder: string;

  before(async () => {
    ({ api, extension } = await activated<PolyprocApi>());
    folder = mkdtempSync(join(tmpdir(), "t-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function runToItsEnd(target: Target, count: number): Promise<{ done: number; ms: number }> {
    const items = Array.from({ length: count }, (_, index) => ({ value: index, label: String(index), file: null }));
    const began = performance.now();
    const run = await api.run({ name: "measured", target, items, options: { processes: 2 } });
    await within(run.whenEnded, "the run's end", 150_000);
    return { done: run.rows.filter(({ state }) => state === "done").length, ms: performance.now() - began };
  }

  async function stopServer(): Promise<void> {
    await vscode.commands.executeCommand("polyproc.stopServer");
    await waitFor(() => api.server.state.kind !== "connected");
  }

  /** Runs the command in a terminal of its own, which stays open while `check` looks at how it ended. */
  async function inTerminal(command: string, check: (ended: TerminalEnd) => void | Promise<void>): Promise<void> {
    const file = join(mkdtempSync(join(folder, "terminal-")), "end");
    const script = `${command} >"${file}.output" 2>&1; echo "$? $POLYPROC_ADDRESS" >"${file}.part"`;
    const terminal = vscode.window.createTerminal({
      name: "test",
      shellPath: "/bin/sh",
      shellArgs: ["-c", `${script}; mv "${file}.part" "${file}"`],
    });
    try {
      await waitFor(() => existsSync(file), { what: "the terminal's end" });
      const [status = "", address = ""] = readFileSync(file, "utf8").trim().split(" ");
      await check({ status, address, output: readFileSync(`${file}.output`, "utf8") });
    } finally {
      terminal.dispose();
    }
  }

  it("other extensions connect to the window's server, which is started for them, and are shown", async () => {
    const began = performance.now();
    const client = await api.connect();
    note(`server: started and connected to after ${Math.round(performance.now() - began)} ms`);
    try {
      assert.match(api.address, /^unix:\/.*window-[0-9a-f]{16}\.sock$/);
      assert.equal(api.server.state.kind, "connected");
      const lock = new client.Lock();
      await lock.acquire();
      await waitFor(
        () => [...api.model.sync.values()].some(({ kind, holders }) => kind === "lock" && holders.length === 1),
        { what: "the lock in the model" },
      );
      await lock.release();
    } finally {
      await client.close();
    }
  });

  it("runs that other extensions start give their results", async () => {
    const run = await api.run({
      name: "from another extension",
      target: { module: workspaceFile("src/words.js").fsPath, export: "countWords" },
      items: ["README.md"].map((label) => ({
        value: workspaceFile(label).fsPath,
        label,
        file: workspaceFile(label).fsPath,
      })),
      options: {},
    });
    await within(run.whenEnded, "the run's end");
    assert.deepEqual(
      run.rows.map(({ state, error }) => [state, error?.message]),
      [["done", undefined]],
    );
  });

  it("a terminal knows the server, and the command line is found there", async function () {
    await inTerminal("polyproc ps", ({ address, status, output }) => {
      assert.deepEqual({ address, status }, { address: api.address, status: "0" }, output);
    });
  });

  it("a command in a terminal starts the server when there is none, and the window notices", async function () {
    await stopServer();
    await inTerminal("polyproc map one two -- echo", async ({ status, output }) => {
      assert.equal(status, "0", output);
      await waitFor(() => api.server.state.kind === "connected", { what: "the window's connection" });
    });
  });

  it("50 MB of output of a child are read while the extension host stays responsive", async function () {
    const { result, p99Ms } = await measured(() =>
      runToItsEnd(
        { command: "sh", args: ["-c", "yes 0123456789012345678901234567890123456789 | head -c 50000000"] },
        1,
      ),
    );
    note(
      `50 MB of output in ${Math.round(result.ms)} ms: event-loop delay at the 99th percentile ${p99Ms.toFixed(1)} ms`,
    );
    assert.equal(result.done, 1);
  });

  it("10,000 items are done while the extension host stays responsive", async function () {
    writeFileSync(join(folder, "same.mjs"), "export const same = (item) => item;");
    const { result, p99Ms } = await measured(() =>
      runToItsEnd({ module: join(folder, "same.mjs"), export: "same" }, 10_000),
    );
    note(`10,000 items in ${Math.round(result.ms)} ms: event-loop delay at the 99th percentile ${p99Ms.toFixed(1)} ms`);
    assert.equal(result.done, 10_000);
  });

  it("a server that is killed during a run is reported as lost, and the next run starts another one", async () => {
    const rpc = await api.server.ensure();
    const run = await api.run({
      name: "lost",
      target: { command: "sleep", args: ["{item}"] },
      items: [{ value: "60", label: "60", file: null }],
      options: {},
    });
    await waitFor(() => run.rows[0]?.state === "running");
    const states: ServerState[] = [];
    const listening = api.server.onDidChange((state) => states.push(state));
    try {
      process.kill(rpc.server.pid, "SIGKILL");
      await waitFor(() => api.server.state.kind === "lost");
      await within(run.whenEnded, "the run's end");
      assert.equal(run.rows[0]?.state, "lost");
      await waitFor(
        () =>
          api.model.processes.size === 0 || [...api.model.processes.values()].every(({ state }) => state === "exited"),
      );
      const next = await api.server.ensure();
      assert.notEqual(next.facts.instanceId, rpc.facts.instanceId);
      assert.deepEqual(
        states.map(({ kind }) => kind),
        ["lost", "starting", "connected"],
      );
    } finally {
      listening.dispose();
    }
  });

  it("a server of another version that has nothing to do is replaced", async function () {
    await stopServer();
    const old = join(folder, "old");
    for (const name of ["server.cjs", "host"])
      cpSync(join(extension.extensionPath, "dist", name), join(old, "dist", name), { recursive: true });
    writeFileSync(join(old, "package.json"), JSON.stringify({ name: "polyproc", version: "0.0.1" }));
    const server = spawn(
      process.execPath,
      [join(old, "dist/server.cjs"), "--listen", api.address, "--idle-timeout", "5"],
      { stdio: "ignore", env: { ...process.env, ELECTRON_RUN_AS_NODE: "1" } },
    );
    const ended = new Promise((resolve) => server.once("exit", resolve));
    try {
      await within(ended, "the old server's end");
      const { version } = extension.packageJSON as { version: string };
      await waitFor(() => api.server.state.kind === "connected" && api.server.state.rpc.server.version === version, {
        what: "a server of this version",
      });
    } finally {
      server.kill("SIGKILL");
    }
  });
});

async function measured<T>(action: () => Promise<T>): Promise<{ result: T; p99Ms: number }> {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  try {
    const result = await action();
    // What it waits between two looks is not delay.
    return { result, p99Ms: Math.max(0, delay.percentile(99) / 1e6 - 5) };
  } finally {
    delay.disable();
  }
}
