import { test } from "node:test";
import { waitFor } from "../../deadline.js";
import { openWorkbench } from "./harness.js";

test("scratch", async (t) => {
  const w = await openWorkbench(t, { theme: "light" });
  try {
  await w.openFile("src/words.js");
  await w.codeLens("Run in pool").first().waitFor({ timeout: 15000 }).catch((e) => console.log("nolens", e.message));
  await w.openTerminal();
  await w.typeInTerminal("echo hello; polyproc --version; echo $POLYPROC_ADDRESS; which node polyproc");
  await waitFor(async () => (await w.terminalText()).includes("\nhello"), { timeoutMs: 10000 }).catch(() => {});
  await w.page.waitForTimeout(2500);
  console.log(await w.terminalText());
  await w.typeInTerminal("env | grep POLYPROC_S");
  await w.typeInTerminal("polyproc map -j 3 1 2 3 -- sleep 8 &");
  await w.openContainer("Polyproc");
  const row = await w.waitForRow("Active Children", (r) => /sleep/.test(r.text + r.label)).catch((e) => e.message);
  console.log(row);await w.page.screenshot({ path: "/tmp/pack-user/scratch0.png" });
  console.log(await w.treeRows("Active Children"));
  console.log(await w.outputLines("Polyproc Log").catch((e) => e.message));
  console.log(await w.problems().catch((e) => e.message));
  await w.screenshot("scratch");
  await w.reload();
  await w.openContainer("Polyproc");
  console.log(await w.treeRows("Active Children"));
  console.log(w.marked.servers().map((r) => r.command()));
  } finally { await w.page.screenshot({ path: "/tmp/pack-user/scratch.png" }); console.log(w.faults); }
});
