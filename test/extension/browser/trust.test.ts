import assert from "node:assert/strict";
import { test } from "node:test";
import { waitFor } from "../../deadline.js";
import { openWorkbench } from "./harness.js";

const deadline = { timeoutMs: 60_000, intervalMs: 100 };

test("before the workspace is trusted nothing runs, and the side bar says why; afterwards it does", async (t) => {
  const workbench = await openWorkbench(t, { askForTrust: true });
  await workbench.answerDialog("No, I don't trust the authors");
  await workbench.openContainer("Polyproc");
  const welcome = workbench.view("Active Children").locator(".welcome-view-content");
  await waitFor(async () => /nothing runs and no server is started before you trust it/.test(await welcome.innerText()), { what: "the reason", ...deadline });

  // Nothing is offered: not by the palette, not above functions, not as a task.
  const offered = await workbench.offeredCommands("Polyproc: ");
  for (const command of ["Run Function in Pool", "Map over Files", "Run Shell Command", "Restart Server", "Copy Connection"]) {
    assert.ok(!offered.some((title) => title.includes(command)), offered.join("\n"));
  }
  await workbench.openFile("words.js");
  await workbench.page.locator(".view-line", { hasText: "countWords" }).waitFor();
  assert.deepEqual(workbench.marked.servers(), []);

  await workbench.view("Active Children").getByRole("button", { name: "Manage Workspace Trust" }).click();
  await workbench.page.locator(".workspace-trust-editor").getByRole("button", { name: /^Trust$/ }).first().click();
  await waitFor(async () => /Nothing runs\. Start a function/.test(await welcome.innerText()), { what: "the welcome text", ...deadline });
  assert.deepEqual(workbench.marked.servers(), []);
  await workbench.openFile("words.js");
  await workbench.codeLens("Run in pool").first().click();
  await workbench.pick("Files that match a pattern");
  await workbench.answer("text/*.txt");
  await workbench.quickPick("Run 24 items").first().click();
  await waitFor(async () => (await workbench.outputLines("Polyproc")).some((line) => line.includes("24 done")), { what: "the run's end", ...deadline });
});
