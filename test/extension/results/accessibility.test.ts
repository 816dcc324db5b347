import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, test } from "node:test";
import type { Page } from "playwright-core";
import { waitFor } from "../../deadline.js";
import { needs } from "../../tools/needs.js";
import { openPage, rowView, runView, sharedBrowser, type ResultsPage } from "./page.js";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What an automatic checker finds wrong with the page as it is now. Colours are those of the user's theme. */
async function violations(page: Page): Promise<string[]> {
  const found = await page.evaluate<{ id: string; nodes: { target: string[]; html: string }[] }[]>(
    `axe.run(document, { rules: { "color-contrast": { enabled: false } } }).then(({ violations }) =>
      violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ target, html }) => ({ target, html })) })))`,
  );
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(" | ")}`);
}

describe("the page of a results panel is accessible", needs("chromium"), () => {
  const browser = sharedBrowser();

  async function filled(results: ResultsPage): Promise<void> {
    const rows = [
      rowView(0),
      rowView(1, { state: "failed", preview: "RangeError: no b" }),
      rowView(2, { state: "running", ms: null, fraction: 0.4, preview: "40 %  compressing" }),
      rowView(3, { state: "queued", ms: null, pid: 0, startedAt: null, preview: "" }),
    ];
    const run = runView({ total: rows.length, state: "running", endedAt: null });
    await results.send({ type: "run", run, now: 1_010_000 }, { type: "rows", rows });
    await results.page.locator(".window .row").nth(3).waitFor();
  }

  test("to a checker: the table with a running item's progress, and the details of an item", async (t) => {
    const results = await openPage(t, browser());
    const { page } = results;
    await page.evaluate(axe);
    await filled(results);
    assert.deepEqual(await violations(page), []);
    await page.locator("#row-1").click();
    await waitFor(() => results.told.some(({ type }) => type === "look"), { what: "the page asks for details" });
    const error = { type: "RangeError", message: "no b", stack: null, facts: null, stderr: null, cause: null };
    await results.send({
      type: "detail",
      detail: {
        index: 1,
        item: { text: '"src/file-1.ts"', cut: false },
        value: null,
        valueGone: false,
        error,
        command: null,
      },
    });
    await page.getByText("no b").last().waitFor();
    assert.deepEqual(await violations(page), []);
  });
});
