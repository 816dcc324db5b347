import assert from "node:assert/strict";
import { test } from "node:test";
import { waitFor } from "../../deadline.js";
import { needsWindow } from "../../vscode/needs-editor.js";
import { openWorkbench } from "./harness.js";

test("a German window: lenses, questions, results, output, side bar and pages are German", needsWindow(), async (t) => {
  const workbench = await openWorkbench(t, { language: "de", theme: "light" });
  const { webview } = workbench;
  await workbench.openFile("check.js");
  await workbench.codeLens("Auf Dateien anwenden").first().click();
  await workbench.pick("Dateien, auf die ein Muster passt");
  await workbench.answer("tables/*.csv");
  await workbench.quickPick("12 Elemente ausführen").first().waitFor();
  await workbench.press("Enter");
  await workbench.notification("2 von 12 fehlgeschlagen").getByRole("button", { name: "Ergebnisse anzeigen" }).click();

  // The page has its own texts.
  await webview.getByText("Erledigt: 12 Elemente", { exact: true }).waitFor();
  assert.equal(await webview.locator("html").getAttribute("lang"), "de");
  await webview.getByRole("columnheader", { name: "Dauer" }).waitFor();
  await webview.getByRole("button", { name: /^Fehlgeschlagen 2$/ }).click();
  await webview.locator(".window .row").nth(1).click();
  await webview.getByRole("complementary", { name: "Details des Elements" }).getByText("worker").waitFor();
  await workbench.screenshot("german-results");

  const lines = await waitFor(
    async () => {
      const shown = await workbench.outputLines("Polyproc");
      return shown.some((line) => line.startsWith("■")) && shown;
    },
    { what: "the output", intervalMs: 200 },
  );
  assert.ok(
    lines.some((line) => /^■ .*: 10 erledigt, 2 fehlgeschlagen in /.test(line)),
    lines.join("\n"),
  );

  await workbench.openContainer("Polyproc");
  for (const title of ["Aktive Prozesse", "Pools und Synchronisation", "Warteschlange"])
    await workbench.view(title).waitFor();
  await workbench.screenshot("german-side-bar");
});
