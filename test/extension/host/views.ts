import assert from "node:assert/strict";
import { monitorEventLoopDelay } from "node:perf_hooks";
import * as vscode from "vscode";
import type { Client } from "../../../bindings/typescript/client.js";
import type { Process } from "../../../bindings/typescript/processes/process.js";
import type { CommandTarget, ModuleTarget } from "../../../protocol/target.js";
import type { PolyprocApi } from "../../../extension/api.js";
import { waitFor } from "../../deadline.js";
import { activated, workspaceFile } from "./harness/extension.js";
import { note } from "./harness/note.js";

const deadline = { timeoutMs: 60_000 };

describe("side bar", () => {
  let api: PolyprocApi;
  let client: Client;

  before(async () => {
    ({ api } = await activated<PolyprocApi>());
    client = await api.connect();
    await vscode.commands.executeCommand("polyproc.focusChildren");
  });

  after(async () => {
    await client.close();
    api.model.dismissEnded();
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  });

  async function start(name: string, target: CommandTarget | ModuleTarget, args: unknown[] = []): Promise<Process> {
    const process = new client.Process({ name, target, args });
    await process.start();
    return process;
  }

  /** The process of this name, as the model knows it. */
  function known(name: string) {
    return [...api.model.processes.values()].find((process) => process.name === name);
  }

  const sh = (script: string): CommandTarget => ({ command: "sh", args: ["-c", script] });

  it("terminates a process and what it started, and takes it off the list when it is dismissed", async () => {
    const process = await start("to terminate", sh("sleep 600; true"));
    const { process: handle } = await waitFor(() => known("to terminate"), deadline);
    await vscode.commands.executeCommand("polyproc.terminate", handle);
    await process.join();
    const ended = await waitFor(
      () => (known("to terminate")?.state === "exited" ? known("to terminate") : null),
      deadline,
    );
    assert.equal(ended.exitCode, -15);
    await vscode.commands.executeCommand("polyproc.dismiss", handle);
    assert.equal(known("to terminate"), undefined);
  });

  it("kills processes that ignore SIGTERM, also several at once", async () => {
    const processes = [
      await start("deaf 1", sh("trap '' TERM; sleep 600; sleep 600")),
      await start("deaf 2", sh("trap '' TERM; sleep 600; sleep 600")),
    ];
    const handles = await waitFor(() => {
      const both = [known("deaf 1"), known("deaf 2")].flatMap((one) => one?.process ?? []);
      return both.length === 2 ? both : null;
    }, deadline);
    await vscode.commands.executeCommand("polyproc.kill", handles[0], handles);
    for (const process of processes) await process.join();
    assert.deepEqual(
      processes.map((process) => process.exitCode),
      [-9, -9],
    );
    // They have gone, which is what is wanted: no error.
    await vscode.commands.executeCommand("polyproc.kill", handles[0], handles);
  });

  it("reveals output and follows it until the process ends", async () => {
    const go = workspaceFile("talker-goes-on");
    const process = await start(
      "talker",
      sh(`echo first; until [ -e "${go.fsPath}" ]; do sleep 0.05; done; echo second >&2; exit 4`),
    );
    await vscode.commands.executeCommand(
      "polyproc.revealProcessOutput",
      (await waitFor(() => known("talker"), deadline)).process,
    );
    const { document } = vscode.window.activeTextEditor!;
    assert.equal(document.uri.scheme, "polyproc-process");
    await waitFor(() => document.getText() === "first\n", deadline);
    await vscode.workspace.fs.writeFile(go, new Uint8Array());
    await process.join();
    await vscode.workspace.fs.delete(go);
    await waitFor(() => document.getText() === "first\nsecond\n\n[exit code 4]\n", deadline);
  });

  it("shows why a process ended", async () => {
    const process = await start("failing", sh("echo fine; echo the disk is full >&2; exit 3"));
    await process.join();
    await vscode.commands.executeCommand(
      "polyproc.showWhyEnded",
      (await waitFor(() => (known("failing")?.state === "exited" ? known("failing") : null), deadline)).process,
    );
    const text = vscode.window.activeTextEditor!.document.getText();
    assert.match(text, /Exit code +3\n/);
    assert.match(text, /on stderr:\n\n {4}the disk is full\n/);
  });

  it("copies pids", async () => {
    const process = await start("to copy", sh("sleep 600"));
    await vscode.commands.executeCommand("polyproc.copyPid", (await waitFor(() => known("to copy"), deadline)).process);
    assert.equal(await vscode.env.clipboard.readText(), String(process.pid));
    await process.kill();
  });

  it("opens the source of what a process runs: a function at its place, a command's script", async () => {
    const module = await start("a function", { module: workspaceFile("src/words.js").fsPath, export: "countWords" }, [
      workspaceFile("text/tide.txt").fsPath,
    ]);
    await vscode.commands.executeCommand(
      "polyproc.openTarget",
      (await waitFor(() => known("a function"), deadline)).process,
    );
    const editor = vscode.window.activeTextEditor!;
    assert.equal(vscode.workspace.asRelativePath(editor.document.uri), "src/words.js");
    assert.match(editor.document.lineAt(editor.selection.active.line).text, /countWords/);
    await module.join();

    const script = await start("a script", { command: "node", args: ["src/words.js"], cwd: workspaceFile("").fsPath });
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    await vscode.commands.executeCommand(
      "polyproc.openTarget",
      (await waitFor(() => known("a script"), deadline)).process,
    );
    assert.equal(vscode.workspace.asRelativePath(vscode.window.activeTextEditor!.document.uri), "src/words.js");
    await script.join();

    const pool = new client.Pool({ processes: 1, name: "has a source" });
    await pool.map({ module: workspaceFile("src/words.js").fsPath, export: "countWords" }, [
      workspaceFile("text/tide.txt").fsPath,
    ]);
    const worker = await waitFor(
      () =>
        [...api.model.processes.values()].find(
          ({ role, source, pool: of }) =>
            role === "worker" && source !== null && api.model.pools.get(of ?? "")?.name === "has a source",
        ),
      deadline,
    );
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    await vscode.commands.executeCommand("polyproc.openTarget", worker.process);
    const opened = vscode.window.activeTextEditor!;
    assert.match(opened.document.lineAt(opened.selection.active.line).text, /countWords/);
    await pool.terminate();
  });

  it("terminates a pool", async () => {
    const pool = new client.Pool({ processes: 2, name: "to terminate" });
    const mapping = pool.map({ command: "sleep", args: ["{item}"] }, [600, 600, 600]);
    const failed = assert.rejects(mapping, { name: "Cancelled" });
    const info = await waitFor(
      () => [...api.model.pools.values()].find(({ name, busy }) => name === "to terminate" && busy === 2),
      deadline,
    );
    await vscode.commands.executeCommand("polyproc.terminatePool", info.pool);
    await failed;
    await waitFor(() => !api.model.pools.has(info.pool), deadline);
  });

  it("finds a deadlock and breaks it: one wait fails, the other goes on", async () => {
    const other = await api.connect();
    try {
      const [here, there] = [client, other].map(
        (one) => [new one.Lock({ name: "deadlock-a" }), new one.Lock({ name: "deadlock-b" })] as const,
      );
      await here![0].acquire();
      await there![1].acquire();
      const waits = Promise.allSettled([here![1].acquire(), there![0].acquire()]);
      const [deadlock] = await waitFor(
        () => (api.model.deadlocks.size > 0 ? [...api.model.deadlocks.keys()] : null),
        deadline,
      );
      const broken = vscode.commands.executeCommand("polyproc.breakDeadlock", deadlock);
      // The choice is open as soon as it can be accepted; its first entry is taken.
      await waitFor(
        async () => {
          await vscode.commands.executeCommand("workbench.action.acceptSelectedQuickOpenItem");
          return api.model.deadlocks.size === 0;
        },
        { ...deadline, intervalMs: 50 },
      );
      await broken;
      // Closing lets go of the lock that the other one waits for.
      await here![0].release();
      const outcomes = await Promise.race([waits, other.close().then(() => waits)]);
      const errors = outcomes.flatMap((outcome) =>
        outcome.status === "rejected" ? [(outcome.reason as Error).name] : [],
      );
      assert.ok(errors.includes("Deadlock"), errors.join());
    } finally {
      await other.close();
    }
  });

  it("stays quick while two hundred commands come and go", async function () {
    const pool = new client.Pool({ processes: 200, name: "many" });
    const delays = monitorEventLoopDelay({ resolution: 10 });
    delays.enable();
    const mapping = pool
      .map(
        { command: "sleep", args: ["{item}"] },
        Array.from({ length: 400 }, (_, i) => (i < 200 ? 1 : 600)),
      )
      .catch(() => {});
    const info = await waitFor(
      () =>
        [...api.model.pools.values()].find(({ name, busy, done }) => name === "many" && busy === 200 && done === 200),
      { timeoutMs: 90_000, intervalMs: 50 },
    );
    const running = () =>
      [...api.model.processes.values()].filter((process) => process.pool === info.pool && process.state === "running")
        .length;
    await waitFor(() => running() === 200, deadline);
    delays.disable();
    note(
      "200 of 400 commands in the side bar: the extension host's event loop was late by " +
        `${(delays.percentile(99) / 1e6 - 10).toFixed(0)} ms at the 99th percentile`,
    );
    await vscode.commands.executeCommand("polyproc.terminatePool", info.pool);
    await mapping;
    await waitFor(() => running() === 0, { timeoutMs: 60_000, intervalMs: 50 });
  });
});
