import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { waitFor } from "../../deadline.js";
import { needs } from "../../tools/needs.js";
import { openPage, rowView, runView, sharedBrowser } from "./page.js";

describe("the page of a results panel, before its rows", needs("chromium"), () => {
  const browser = sharedBrowser();

  test("says nothing of an empty run before the first row, from the first paint on", async (t) => {
    // The observer sees every state that can be painted.
    const results = await openPage(t, browser(), {
      first: `
        window.seen = [];
        new MutationObserver(() => {
          const row = document.querySelector(".window .row") ? "rows" : "";
          const now = row || (document.querySelector(".empty")?.textContent ?? "");
          if (now !== "" && now !== window.seen.at(-1)) window.seen.push(now);
        }).observe(document, { subtree: true, childList: true, characterData: true });
      `,
    });
    const { page, send } = results;
    const seen = () => page.evaluate<string[]>("window.seen.splice(0)");
    const painted = () =>
      page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(null))))");
    for (const id of ["run:s1.1", "run:s1.2"]) {
      await painted();
      await send({ type: "run", run: runView({ id, total: 2 }), now: 1_010_000 });
      await painted();
      await send({ type: "rows", rows: [rowView(0), rowView(1)] });
      await waitFor(async () => (await page.locator(".window .row").count()) === 2, { what: "two rows" });
      assert.deepEqual(await seen(), ["rows"], id);
    }
    await send({ type: "run", run: runView({ id: "run:s1.3", total: 0 }), now: 1_010_000 });
    await page.getByText("This run has no items.").waitFor();
    assert.deepEqual(await seen(), ["This run has no items."]);
  });
});
