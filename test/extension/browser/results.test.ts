import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { waitFor } from "../../deadline.js";
import { openWorkbench } from "./harness.js";
import type { Workbench } from "./workbench.js";
import { needsWindow } from "../../vscode/needs-editor.js";

/** Maps the function that stands under the first CodeLens of a file over the files that match. */
async function map(workbench: Workbench, file: string, glob: string): Promise<void> {
  await workbench.openFile(file);
  await workbench.codeLens("Map over files").first().click();
  await workbench.pick("Files that match a pattern");
  await workbench.answer(glob);
  await workbench.quickPick("Run ").first().waitFor();
  await workbench.press("Enter");
}

test("results: a panel shows a run, is sorted and filtered, and leads to files", needsWindow(), async (t) => {
  const workbench = await openWorkbench(t);
  const { page, webview } = workbench;
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (/Content Security Policy/.test(message.text())) complaints.push(message.text());
  });
  await map(workbench, "check.js", "tables/*.csv");
  await workbench.notification("2 of 12 failed").getByRole("button", { name: "Show Results" }).click();
  const grid = webview.getByRole("grid");
  await grid.waitFor();
  await webview.getByText(/^Done: \d+ items$/).waitFor();
  await waitFor(async () => (await grid.getAttribute("aria-rowcount")) === "13");

  const failed = webview.getByRole("button", { name: /^Failed \d+$/ });
  await failed.click();
  await waitFor(async () => (await grid.getAttribute("aria-rowcount")) === "3");
  const durations = webview.getByRole("columnheader", { name: "Duration" });
  await durations.getByRole("button").click();
  await waitFor(async () => (await durations.getAttribute("aria-sort")) === "ascending");
  await waitFor(async () => (await webview.locator(".window .row").count()) === 2, { what: "two rows" });

  await webview.locator(".window .row").first().click();
  const details = webview.getByRole("complementary");
  await details.getByRole("heading", { name: /Error$/ }).waitFor();
  // The row's own menu, as VS Code draws it.
  await webview.locator(".window .row").first().click({ button: "right" });
  await workbench.menuItem("Open File").waitFor();
  await workbench.press("Escape");
  await details
    .getByRole("link", { name: /check\.js:\d+:\d+/ })
    .first()
    .click();
  await page.locator('.tab.active[data-resource-name="check.js"]').waitFor();
  assert.deepEqual(complaints, []);
});

test("results: a window that reloads during a run shows it again", needsWindow(), async (t) => {
  const workbench = await openWorkbench(t, { theme: "light", settings: { "polyproc.run.processes": 1 } });
  const { webview } = workbench;
  // However slow the machine is, the run is not over when the window has been loaded again: it takes minutes.
  for (let i = 0; i < 200; i++) writeFileSync(join(workbench.folder!, "text", `zebra-${i}.txt`), "stripes\n");
  await map(workbench, "slow.js", "text/*.txt");
  // The palette has it as soon as there is a run.
  await waitFor(
    async () =>
      (await workbench.offeredCommands("Polyproc: Show Timeline")).some((title) => title.includes("Show Timeline")),
    { what: "the command" },
  );
  await workbench.runCommand("Polyproc: Show Timeline");
  await webview.getByText(/so far$/).waitFor();
  await waitFor(async () => Number(await webview.getByRole("progressbar").getAttribute("aria-valuenow")) >= 1, {
    what: "a file that was looked at",
  });
  await webview.locator(".window .row").nth(1).click();
  // What it wrote comes line by line.
  await webview
    .getByRole("complementary")
    .getByText(/step 2 of/)
    .waitFor();
  await workbench.reload();
  await webview.getByText(/so far$/).waitFor();
  await waitFor(async () => Number(await webview.getByRole("progressbar").getAttribute("aria-valuenow")) >= 1, {
    what: "the run's rows",
  });
  // As it was left: with the details of the second row.
  await webview
    .getByRole("complementary")
    .getByText(/step 2 of/)
    .waitFor();
  await webview.getByRole("button", { name: "Cancel", exact: true }).click();
  await webview.getByText(/^Cancelled: /).waitFor();
  await waitFor(async () => (await webview.locator(".state-running").count()) === 0);
});
