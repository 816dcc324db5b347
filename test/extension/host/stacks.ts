import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { Client } from "../../../bindings/typescript/client.js";
import type { PolyprocApi } from "../../../extension/api.js";
import { waitFor } from "../../deadline.js";
import { activated, workspaceFile } from "./harness/extension.js";

const busy = `export function task() {
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  for (;;) Atomics.wait(sleeper, 0, 0, 20);
}
`;
const crossed = `async (first, second, met) => {
  await first.acquire();
  await met.wait();
  await second.acquire();
}`;

describe("stacks", () => {
  let api: PolyprocApi;
  let client: Client;

  before(async () => {
    ({ api } = await activated<PolyprocApi>());
    client = await api.connect();
  });

  after(async () => {
    await client.close();
    api.model.dismissEnded();
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  });

  const known = (name: string) => waitFor(() => [...api.model.processes.values()].find((one) => one.name === name));
  const page = () => vscode.window.activeTextEditor!.document;

  it("shows where a busy function is, with links to its source", async () => {
    const module = workspaceFile("busy-stack.mjs");
    await vscode.workspace.fs.writeFile(module, Buffer.from(busy));
    const process = new client.Process({ name: "busy", target: { module: module.fsPath, export: "task" } });
    await process.start();
    try {
      // The function is there some time after the start.
      await waitFor(
        async () => {
          await vscode.commands.executeCommand("polyproc.showStack", (await known("busy")).process);
          return /^ {4}task \(.*busy-stack\.mjs:3:\d+\)$/m.test(page().getText());
        },
        { what: "the function's frame", intervalMs: 200 },
      );
      assert.match(page().getText(), /^busy \(pid \d+, node\)$/m);
      const links = await vscode.commands.executeCommand<vscode.DocumentLink[]>(
        "vscode.executeLinkProvider",
        page().uri,
      );
      assert.ok(links.some(({ target }) => target?.fsPath === module.fsPath && target.fragment.startsWith("L3,")));
    } finally {
      await process.kill();
      await vscode.workspace.fs.delete(module);
    }
  });

  it("shows both sides of a deadlock", async () => {
    const [a, b] = [new client.Lock(), new client.Lock()];
    const met = new client.Event();
    const sides = (
      [
        ["left", a, b],
        ["right", b, a],
      ] as const
    ).map(
      ([name, first, second]) =>
        new client.Process({ name, target: { source: crossed, runtime: "node" }, args: [first, second, met] }),
    );
    for (const side of sides) await side.start();
    await waitFor(async () => (await a.locked()) && (await b.locked()), { what: "both to hold one lock" });
    await met.set();
    try {
      const deadlock = await waitFor(() => [...api.model.deadlocks.keys()][0], { what: "the deadlock" });
      await vscode.commands.executeCommand("polyproc.showStack", deadlock);
      const text = page().getText();
      assert.match(text, /^Deadlock: .*waits for/);
      for (const side of sides)
        assert.match(text, new RegExp(`^${side.name} \\(${side.pid}\\)\\n {2}waits .* for lock`, "m"));
    } finally {
      for (const side of sides) await side.kill();
    }
  });
});
