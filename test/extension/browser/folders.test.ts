import assert from "node:assert/strict";
import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { waitFor } from "../../deadline.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { needsWindow } from "../../vscode/needs-editor.js";
import { openWorkbench } from "./harness.js";

/** Two folders, each with a function and texts. */
function makeWorkspace(t: { after(clean: () => void): void }): string {
  const folder = realpathSync(temporaryFolder(t));
  for (const name of ["api", "web"]) {
    mkdirSync(join(folder, name, "texts"), { recursive: true });
    writeFileSync(
      join(folder, name, `${name}.js`),
      `export function where(path) {\n  return \`\${process.cwd()} has \${path}\`;\n}\n`,
    );
    for (const text of ["one.txt", "two.txt"]) writeFileSync(join(folder, name, "texts", text), name);
  }
  const file = join(folder, "both.code-workspace");
  writeFileSync(file, JSON.stringify({ folders: [{ path: "api" }, { path: "web" }] }));
  return file;
}

test(
  "a workspace of two folders: a pattern names one of them, and its function runs in it",
  needsWindow(),
  async (t) => {
    const file = makeWorkspace(t);
    const workbench = await openWorkbench(t, { folder: file, theme: "light" });
    await workbench.openFile("web.js");
    await workbench.codeLens("Map over files").first().click();
    await workbench.pick("Files that match a pattern");
    const input = workbench.quickInput.locator("input").first();
    const says = async (text: string) => {
      let said = "";
      await waitFor(async () => (said = await workbench.quickInput.innerText()).includes(text), {
        what: text,
        intervalMs: 50,
      }).catch((error: unknown) => assert.fail(`${String(error)}; it says ${said}`));
    };
    await says("6 files match");
    await input.fill("texts/*");
    await says("4 files match");
    await input.fill("nowhere/**");
    await says("No file matches");
    await workbench.press("Enter");
    await input.fill("web/texts/**");
    await says("2 files match");
    await workbench.press("Enter");
    await workbench.quickPick("Run 2 items").first().waitFor();
    await workbench.press("Enter");

    await workbench.runCommand("Polyproc: Show Results");
    const web = join(file, "../web");
    const values = workbench.webview.locator(".window .row");
    const shown = await waitFor(
      async () => {
        const texts = await values.allTextContents();
        return texts.length === 2 && texts.every((text) => text.includes(" has ")) && texts;
      },
      { what: "two results", intervalMs: 100 },
    );
    for (const text of shown) assert.ok(text.includes(`${web} has ${web}/texts/`), text);
  },
);
