import assert from "node:assert/strict";
import { test } from "node:test";
import { connect } from "../../../bindings/typescript/client.js";
import { waitFor, within } from "../../deadline.js";
import { openWorkbench, pictureThemes } from "./harness.js";
import { needsWindow } from "../../vscode/needs-editor.js";

const children = "Active Children";
const sync = "Pools and Synchronisation";
const deadline = { timeoutMs: 60_000, intervalMs: 50 };

for (const theme of pictureThemes) {
  test(
    `the side bar shows processes, ends them when asked, shows a deadlock and breaks it (${theme})`,
    needsWindow(),
    async (t) => {
      const workbench = await openWorkbench(t, { theme, viewport: { width: 1400, height: 700 } });
      await workbench.openContainer("Polyproc");
      await workbench.widenSideBar(300);
      // The extension is active: a terminal has `polyproc` in its PATH only then.
      await workbench.view(children).locator(".welcome-view-content").waitFor();
      await workbench.openTerminal();
      await workbench.typeInTerminal("polyproc map --glob 'text/*.txt' -j 3 -- sleep 600 {}");
      // `sleep` is given a file's name, which it refuses: what fails stays in the view.
      const failed = await workbench.waitForRow(
        children,
        (row) => /exit code 1/.test(row.text),
        "a command that failed",
      );
      assert.match(failed.label, /exit code 1/);

      const command = await waitFor(() => workbench.marked.servers()[0]?.command(), {
        what: "the server",
        ...deadline,
      });
      const client = await connect(/unix:\S+/.exec(command)![0], { name: "checkout.js" });
      t.after(() => client.close());

      // Processes come and go; the one that is terminated says why it ended until it is dismissed.
      const sleeper = new client.Process({
        name: "sleeper",
        target: { command: "sh", args: ["-c", "sleep 600; true"] },
      });
      await sleeper.start();
      const row = await workbench.waitForRow(children, ({ text }) => text.startsWith("sleeper"));
      assert.equal(row.level, 2);
      assert.match(row.label, new RegExp(`^sleeper, running, pid ${sleeper.pid}`));
      // The workbench draws the badge after the tree.
      const badge = workbench.activityBarItem("Polyproc").locator(".badge-content");
      await waitFor(async () => /^\d+$/.test(await badge.innerText()), {
        what: "the number of processes",
        ...deadline,
      });
      await workbench.rowAction(children, "sleeper", "Terminate");
      await within(sleeper.join(), "the end of the process");
      await workbench.waitForRow(children, ({ text }) => /^sleeper.*killed by SIGTERM/.test(text));
      await workbench.rowAction(children, "sleeper", "Dismiss");
      await waitFor(async () => !(await workbench.treeRows(children)).some(({ text }) => text.startsWith("sleeper")), {
        what: "the row to go",
        ...deadline,
      });

      // A deadlock is announced once, and its cycle is shown.
      const other = await connect(/unix:\S+/.exec(command)![0], { name: "warehouse.js" });
      t.after(() => other.close());
      const locks = (one: typeof client) =>
        [new one.Lock({ name: "orders" }), new one.Lock({ name: "stock" })] as const;
      const [here, there] = [locks(client), locks(other)];
      await here[0].acquire();
      await there[1].acquire();
      const waits = [here[1].acquire(), there[0].acquire()].map((wait) =>
        wait.then(
          () => "got it",
          (error: Error) => error.name,
        ),
      );
      const toast = workbench.notification(/Deadlock: .*checkout\.js.* waits for stock, held by warehouse\.js/);
      await toast.waitFor();
      await toast.locator(".monaco-button", { hasText: "Show" }).click();
      const shown = await workbench.waitForRow(sync, ({ label }) => label.startsWith("Deadlock: "));
      assert.equal(shown.level, 1);
      await workbench.waitForRow(sync, ({ text }) => /waits for orders, held by checkout\.js/.test(text));
      await workbench.screenshot("deadlock", workbench.view(sync));
      // Each process says what it waits for.
      const source = "async (lock) => { await lock.acquire(); }";
      const waiter = new client.Process({ name: "waiter", target: { source, runtime: "node" }, args: [here[0]] });
      await waiter.start();
      await workbench.waitForRow(children, ({ text }) => /^waiter.*waits for orders/.test(text));
      await workbench.rowAction(sync, /wait for each other/, "Break Deadlock");
      await workbench.pick("checkout.js");
      assert.equal(await within(waits[0]!, "the end of the wait"), "Deadlock");
      await waitFor(async () => !(await workbench.treeRows(sync)).some(({ label }) => label.startsWith("Deadlock")), {
        what: "the deadlock to go",
        ...deadline,
      });
      await here[0].release();
      assert.equal(await within(waits[1]!, "the other's lock"), "got it");
      await waiter.kill();

      // A queue that only a dead process could fill is announced like a deadlock, with the same action.
      const queue = new other.Queue();
      const forever = "() => new Promise(() => setInterval(() => {}, 60_000))";
      const producer = new other.Process({ target: { source: forever, runtime: "node" }, args: [queue] });
      await producer.start();
      const got = queue.get().then(
        () => "an item",
        (error: Error) => error.name,
      );
      await producer.kill();
      await workbench.notification(/warehouse\.js.* waits for Queue .*, which no process can end/).waitFor();
      await workbench.waitForRow(sync, ({ text }) => /can never end/.test(text));
      await workbench.rowAction(sync, /can never end/, "Break Deadlock");
      await workbench.pick("warehouse.js");
      assert.equal(await within(got, "the end of the wait for the queue"), "Deadlock");

      // "Terminate All" asks first, whatever row is focused.
      const many = await Promise.all(
        ["a", "b", "c"].map(async (name) => {
          const process = new client.Process({ name, target: { command: "sleep", args: ["600"] } });
          await process.start();
          return process;
        }),
      );
      await workbench.waitForRow(children, ({ label }) => label.startsWith("c, running"));
      await workbench.view(children).locator(".pane-header").hover();
      await workbench.view(children).locator('.pane-header .actions [aria-label^="Terminate All"]').click();
      assert.match(await workbench.dialog.innerText(), /Terminate 3 processes\?/);
      await workbench.answerDialog("Terminate");
      for (const process of many) await within(process.join(), "the end of all");
      assert.deepEqual(
        many.map(({ exitCode }) => exitCode),
        [-15, -15, -15],
      );
    },
  );
}
