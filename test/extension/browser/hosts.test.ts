import assert from "node:assert/strict";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { waitFor } from "../../deadline.js";
import { startAgent } from "../../faults/cluster/cluster-stage.js";
import { TestRedis } from "../../faults/cluster/redis.js";
import { root } from "../../fixture.js";
import { needsWindow } from "../../vscode/needs-editor.js";
import { openWorkbench } from "./harness.js";

const hosts = "Hosts";
const deadline = { timeoutMs: 60_000, intervalMs: 50 };

test(
  "the side bar shows a cluster's hosts and what runs there, drains one, and outlives the cluster's Redis",
  needsWindow("redis-server"),
  async (t) => {
    const store = await TestRedis.start(t);
    const address = store.url("lease=3");
    const workbench = await openWorkbench(t, {
      machineSettings: { "polyproc.cluster": address },
      // The packages that a cluster needs, which are no part of the extension.
      env: { POLYPROC_CLUSTER_PACKAGES: root },
      viewport: { width: 1400, height: 800 },
    });
    const { webview } = workbench;
    const source = join(workbench.folder!, "src");
    copyFileSync(join(root, "test/extension/browser/fixtures/proofread.js"), join(source, "proofread.js"));
    const row = (text: RegExp) => workbench.waitForRow(hosts, (each) => text.test(each.text), String(text));

    await workbench.openContainer("Polyproc");
    await workbench.widenSideBar(200);
    await workbench.runCommand("Polyproc: Show Hosts");
    await workbench.view(hosts).getByText("No agent runs in this cluster").waitFor();
    const [alpha] = await Promise.all([
      startAgent(t, address, "alpha", ["-j", "2", "--labels", "gpu", "--allow-module", source]),
      startAgent(t, address, "beta", ["-j", "2", "--allow-module", source]),
    ]);
    assert.match((await row(/^alpha0 of 2 slots/)).label, /^Host alpha, takes work, 0 of 2 slots/);
    await row(/^beta0 of 2 slots/);
    assert.equal((await workbench.view(hosts).innerText()).includes("Show Hosts"), false, "no welcome beside hosts");

    await workbench.openFile("proofread.js");
    await workbench.codeLens("Map over files").first().click();
    await workbench.pick("Files that match a pattern");
    await workbench.answer("text/*.txt");
    // By the keyboard: the row is drawn anew while the mouse is about to press it.
    await workbench.quickPick("Options…").first().waitFor();
    await workbench.press("ArrowDown");
    await workbench.press("Enter");
    await workbench.quickInput.locator("input").first().waitFor();
    await workbench.answer("processes=0 chunk=1 where=cluster");
    // Three chapters wait for approval: one host runs two of them, the other one.
    await row(/^(alpha|beta)2 of 2 slots/);
    await row(/^(alpha|beta)1 of 2 slots/);
    const pool = await row(/^proofread.*2 running/);
    assert.equal(pool.level, 2);
    // Tasks that run, and the slots of both hosts.
    await workbench.statusBarItem(/^\s*3\/4$/).waitFor();

    await workbench.runCommand("Polyproc: Show Timeline");
    await webview.getByRole("application").waitFor();
    await waitFor(async () => Number(await webview.getByRole("progressbar").getAttribute("aria-valuenow")) === 21, {
      what: "the chapters that need no approval",
      ...deadline,
    });
    await workbench.hideNotice("tsserver");
    // Rows that have ended say where they ran.
    const workers = await webview.locator(".window .row .pid").allInnerTexts();
    assert.ok(workers.length > 0 && workers.every((text) => /^(alpha|beta)(:\d+)?$/.test(text)), workers.join());

    const cut = await webview
      .locator(".window .row .pid")
      .evaluateAll((cells) =>
        cells.filter((cell) => cell.scrollWidth > cell.clientWidth).map((cell) => cell.textContent),
      );
    assert.deepEqual(cut, [], "HOST:PID is shown whole");

    await workbench.rowAction(hosts, /^alpha/, "Drain Host…");
    assert.match(await workbench.dialog.innerText(), /Drain alpha\?/);
    await workbench.answerDialog("Drain");
    await row(/^alphadraining/);

    await store.kill();
    await workbench.view(hosts).getByText("does not answer").waitFor();
    await store.start();
    await row(/^beta/);
    writeFileSync(join(workbench.folder!, "approved"), "");
    await webview.getByText(/^Done: 24 items$/).waitFor();
    assert.equal(await alpha.exited(), 0);
    await waitFor(async () => (await workbench.treeRows(hosts)).every(({ text }) => text.startsWith("beta0 of 2")), {
      what: "the drained host to be gone, and the other one idle",
      ...deadline,
    });
    assert.deepEqual(workbench.faults, []);
  },
);
