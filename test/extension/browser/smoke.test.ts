import assert from "node:assert/strict";
import { test } from "node:test";
import { waitFor } from "../../deadline.js";
import { openWorkbench } from "./harness.js";

test("the packaged extension is installed, and its container shows what to do first", async (t) => {
  const workbench = await openWorkbench(t);
  await workbench.openContainer("Polyproc");
  const children = workbench.view("Active Children");
  await children.waitFor();
  const welcome = await waitFor(async () => (await children.locator(".welcome-view-content").innerText()).trim(), { what: "the welcome text", timeoutMs: 30_000 });
  assert.match(welcome, /pool|process/i);
  assert.ok((await workbench.offeredCommands("Polyproc: ")).length > 0);
  await workbench.screenshot("welcome");
});
