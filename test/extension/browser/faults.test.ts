import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { waitFor } from "../../deadline.js";
import { isLiving } from "../../living.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { needsWindow } from "../../vscode/needs-editor.js";
import { openWorkbench } from "./harness.js";
import type { Workbench } from "./workbench.js";

const children = "Active Children";
const deadline = { timeoutMs: 60_000, intervalMs: 100 };

/** Waits for each file until the folder has a file named `go`, and tells its pid by a file beside it. */
const gated = `import { existsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

export async function gated(path) {
  writeFileSync(path + ".pid", String(process.pid));
  while (!existsSync(join(dirname(path), "go"))) await delay(20);
  return "through";
}
`;

/** Maps the function over the files of a folder of the workspace, by the palette alone. */
async function map(workbench: Workbench, pattern: string): Promise<void> {
  await workbench.runCommand("Polyproc: Map over Files…");
  const recent = workbench.quickPick("gated").first();
  await waitFor(
    async () => (await recent.isVisible()) || (await workbench.quickPick("Function of a file").isVisible()),
    { what: "functions to choose from", ...deadline },
  );
  if (!(await recent.isVisible())) {
    await workbench.pick("Function of a file");
    // Its only function needs no choice.
    await workbench.pick("gated.mjs");
  } else await recent.click();
  await workbench.pick("Files that match a pattern");
  await workbench.answer(pattern);
  await workbench
    .quickPick(/Run \d+ items?/)
    .first()
    .click();
}

const outputHas = (workbench: Workbench, text: RegExp) =>
  waitFor(async () => text.test((await workbench.outputLines("Polyproc")).join("\n")), {
    what: `the output to have ${text}`,
    ...deadline,
  });

test(
  "during a run the server is killed, then the folder removed: the user is told, and the next run works",
  needsWindow(),
  async (t) => {
    const folder = temporaryFolder(t);
    for (const name of ["one", "two"]) {
      mkdirSync(join(folder, name));
      for (const file of ["a", "b", "c"]) writeFileSync(join(folder, name, `${name}-${file}.in`), "");
    }
    writeFileSync(join(folder, "one", "gated.mjs"), gated);
    const workspace = join(folder, "both.code-workspace");
    writeFileSync(workspace, JSON.stringify({ folders: [{ path: "one" }, { path: "two" }] }));
    const workbench = await openWorkbench(t, { folder: workspace, settings: { "polyproc.run.processes": 2 } });
    await workbench.openContainer("Polyproc");

    // The server is killed. Its children end with it, and the user learns what was lost.
    await map(workbench, "one-*.in");
    await workbench.waitForRow(children, ({ label }) => label.includes("one-b.in"));
    const pids = await Promise.all(["a", "b"].map((file) => pidOf(join(folder, "one", `one-${file}.in.pid`))));
    const [killed] = workbench.marked.servers();
    process.kill(killed!.pid, "SIGKILL");
    const notice = workbench.notification(/The server ended unexpectedly/);
    await notice.waitFor();
    assert.match(await notice.innerText(), /Lost with it: 2 processes and 1 run\. The next run starts another one\./);
    await waitFor(() => pids.every((pid) => !isLiving(pid)), { what: "the end of its workers", ...deadline });
    await waitFor(async () => (await workbench.treeRows(children)).every(({ label }) => !label.includes("running")), {
      what: "the tree to say so",
      ...deadline,
    });
    await outputHas(workbench, /^■ gated over one-\*\.in: 0 done, 3 lost/m);

    // The same again, with another server.
    writeFileSync(join(folder, "one", "go"), "");
    await workbench.runCommand("Polyproc: Repeat Last Run");
    await outputHas(workbench, /^■ gated over one-\*\.in: 3 done/m);
    const [next] = workbench.marked.servers();
    assert.notEqual(next?.pid, killed!.pid);

    // A folder leaves the workspace, and the disk, while a run goes over its files.
    await map(workbench, "two-*.in");
    await workbench.waitForRow(children, ({ label }) => label.includes("two-b.in"));
    await workbench.runCommand("Workspaces: Remove Folder from Workspace...");
    await workbench.pick("two");
    await workbench.runCommand("File: Focus on Files Explorer");
    await waitFor(
      async () =>
        !(await workbench.page.locator(".explorer-folders-view .monaco-list-row").allTextContents()).some(
          (text) => text.trim() === "two",
        ),
      { what: "the folder to go", ...deadline },
    );
    await workbench.openContainer("Polyproc");
    await workbench.waitForRow(children, ({ label }) => label.includes("two-b.in") && label.includes("running"));
    assert.equal(workbench.marked.servers()[0]?.pid, next!.pid);
    rmSync(join(folder, "two"), { recursive: true });
    assert.ok(!existsSync(join(folder, "two")));
    await workbench.runCommand("Polyproc: Cancel Run");
    await outputHas(workbench, /^■ gated over two-\*\.in: 0 done, .*cancelled/m);
    await workbench.runCommand("Polyproc: Repeat Last Run");
    await workbench.notification(/Nothing was run: .*two-\*\.in/).waitFor();
    await map(workbench, "one-[ab].in");
    await outputHas(workbench, /^■ gated over one-\[ab\]\.in: 2 done/m);
  },
);

async function pidOf(file: string): Promise<number> {
  await waitFor(() => existsSync(file), { what: file, ...deadline });
  return Number(readFileSync(file, "utf8"));
}
