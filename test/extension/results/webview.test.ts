import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Page } from "playwright-core";
import type { RowView } from "../../../extension/results/messages.js";
import { waitFor } from "../../deadline.js";
import { openPage, rowView, runView, sharedBrowser, type ResultsPage } from "./page.js";
import { needs } from "../../tools/needs.js";

describe("the page of a results panel", needs("chromium"), () => {
  const browser = sharedBrowser();

  const rows = (count: number, changes: (index: number) => Partial<RowView> = () => ({})) =>
    Array.from({ length: count }, (_, index) => rowView(index, changes(index)));
  const fill = ({ send }: ResultsPage, list: RowView[], run: Parameters<typeof runView>[0] = {}) =>
    send({ type: "run", run: runView({ total: list.length, ...run }), now: 1_010_000 }, { type: "rows", rows: list });
  /** The items that are in the table, as it shows them. */
  const labels = (page: Page) => page.locator(".window .cell.label").allTextContents();
  const settle = (page: Page, expected: readonly string[]) =>
    waitFor(async () => (await labels(page)).join() === expected.join(), { what: `rows ${expected.join()}` });
  const heading = (page: Page, name: string) => page.getByRole("columnheader").getByRole("button", { name });

  test("sorts by a heading: up, down, and back", async (t) => {
    const results = await openPage(t, browser());
    const { page } = results;
    await fill(
      results,
      rows(4, (index) => ({ label: ["f2", "f10", "f1", "f3"][index]!, ms: [30, 10, null, 20][index]! })),
    );
    await settle(page, ["f2", "f10", "f1", "f3"]);
    await heading(page, "Item").click();
    await settle(page, ["f1", "f2", "f3", "f10"]);
    assert.equal(await page.getByRole("columnheader", { name: "Item" }).getAttribute("aria-sort"), "ascending");
    await heading(page, "Item").click();
    await settle(page, ["f10", "f3", "f2", "f1"]);
    await heading(page, "Item").click();
    await settle(page, ["f2", "f10", "f1", "f3"]);
    await heading(page, "Duration").click();
    await settle(page, ["f10", "f3", "f2", "f1"]);
  });

  test("marks replayed rows, for screen readers too, counts them, and says why another one ran", async (t) => {
    const results = await openPage(t, browser());
    const { page } = results;
    const changes = (index: number): Partial<RowView> =>
      index < 2 ? { cached: true, pid: 0, startedAt: null } : { notCached: "/work/c changed" };
    await fill(results, rows(3, changes), { cached: 2, state: "done", endedAt: 1_009_000 });
    await page.getByText("2 replayed", { exact: true }).waitFor();
    const marks = page.getByRole("gridcell", { name: "Done, replayed from an earlier run" });
    assert.equal(await marks.count(), 2);
    assert.equal(await marks.first().locator("use").getAttribute("href"), "#icon-replayed");
    assert.equal(await page.getByRole("gridcell", { name: "Done", exact: true }).count(), 1);
    const told = page.locator("[aria-live]").first();
    await waitFor(async () => (await told.textContent())?.endsWith("2 replayed."), { what: "what is told" });
    await page.locator(".window .row").nth(2).click();
    await page.keyboard.press("Enter");
    await page.getByText("Not replayed: /work/c changed").waitFor();
    await page.getByLabel("Filter rows").fill("replayed");
    await settle(page, ["src/file-0.ts", "src/file-1.ts"]);
  });

  test("shows another run in place of the first, without a row of it, and what matters at 300 pixels", async (t) => {
    const results = await openPage(t, browser(), { width: 300, height: 500 });
    const { page } = results;
    await results.send({ type: "run", run: runView({ total: 3 }), now: 1_010_000 });
    await page.locator(".window").waitFor({ state: "attached" });
    assert.equal(await page.getByText("This run has no items").count(), 0, "its rows are still to come");
    await fill(
      results,
      rows(3, (index) => ({ label: `src/first/file-${index}.txt` })),
    );
    await settle(
      page,
      [0, 1, 2].map((index) => `src/first/file-${index}.txt`),
    );
    await page.locator(".window .row").first().click();
    await fill(results, [rowView(0, { label: "src/second.txt", state: "failed", ms: 1200 })], { id: "run:s1.2" });
    await settle(page, ["src/second.txt"]);
    if (process.env["POLYPROC_LOOK"]) await page.screenshot({ path: process.env["POLYPROC_LOOK"] });
    const label = page.locator(".window .cell.label").first();
    assert.ok((await label.boundingBox())!.width > 100, "the item's name has room");
  });

  test("shows only the states and the words that are chosen, and says how many those are", async (t) => {
    const results = await openPage(t, browser());
    const { page } = results;
    await fill(
      results,
      rows(5, (index) => (index % 2 === 0 ? {} : { state: "failed", preview: `TypeError: number ${index}` })),
    );
    await page.getByRole("button", { name: "Failed 2" }).click();
    await settle(page, ["src/file-1.ts", "src/file-3.ts"]);
    assert.equal(await page.locator(".found").textContent(), "2 of 5 items");
    await page.getByLabel("Filter rows").fill("number 3");
    await settle(page, ["src/file-3.ts"]);
    await page.getByLabel("Filter rows").fill("nothing like it");
    await page.getByText("No row passes the filter").waitFor();
    await page.keyboard.press("Escape");
    await settle(page, ["src/file-1.ts", "src/file-3.ts"]);
    await page.getByRole("button", { name: "Failed 2" }).click();
    await waitFor(async () => (await labels(page)).length === 5);
  });

  test("can be used by keyboard alone", async (t) => {
    const results = await openPage(t, browser());
    const { page } = results;
    await fill(results, rows(100));
    const grid = page.getByRole("grid");
    await grid.focus();
    const active = () => grid.getAttribute("aria-activedescendant");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await waitFor(async () => (await active()) === "row-1");
    await page.keyboard.press("End");
    await waitFor(async () => (await active()) === "row-99");
    assert.ok(await page.locator("#row-99").isVisible());
    await page.keyboard.press("Home");
    await waitFor(async () => (await active()) === "row-0");
    await page.keyboard.press("Shift+ArrowDown");
    await page.keyboard.press("Shift+ArrowDown");
    await waitFor(async () => (await page.locator('[aria-selected="true"]').count()) === 3);
    await page.keyboard.press("Control+c");
    assert.deepEqual((await results.next("copy")).indexes, [0, 1, 2]);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    assert.equal((await results.next("look")).index, 3);
    await page.getByRole("complementary").waitFor();
    await page.keyboard.press("Escape");
    assert.equal((await results.next("look")).index, null);
    assert.ok(await page.getByRole("complementary").isHidden());
    await page.keyboard.press("Control+Enter");
    assert.equal((await results.next("openFile")).index, 3);
    // Whatever is typed is searched for.
    await page.keyboard.type("file-42");
    await settle(page, ["src/file-42.ts"]);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Escape");
    await waitFor(async () => (await labels(page)).length > 1);
    await page.keyboard.press("Control+a");
    await page.keyboard.press("Control+c");
    assert.equal((await results.next("copy")).indexes!.length, 100);
    // The menu of the active row, with what the editor shows in it.
    await page.keyboard.press("Home");
    await page.evaluate(
      `document.addEventListener("contextmenu", (event) => (window.menuOf = event.target.closest("[data-index]")?.id))`,
    );
    await page.keyboard.press("Shift+F10");
    assert.deepEqual((await results.next("menu")).indexes, [0]);
    assert.equal(await page.evaluate("window.menuOf"), "row-0");
  });

  test("does not move where the user wants no motion", async (t) => {
    for (const cls of ["vscode-dark", "vscode-dark vscode-reduce-motion"]) {
      const results = await openPage(t, browser(), { theme: { style: "", cls } });
      const { page } = results;
      if (cls === "vscode-dark") await page.emulateMedia({ reducedMotion: "reduce" });
      await fill(
        results,
        rows(3, () => ({ state: "running", ms: null })),
        { state: "running", endedAt: null },
      );
      await page.locator(".window .row").first().waitFor();
      const moving = await page.evaluate<string[]>(
        `[...document.querySelectorAll("*")]
          .flatMap((element) => [null, "::before", "::after"].map((part) => [element, getComputedStyle(element, part)]))
          .filter(([, { animationName, transitionDuration }]) =>
            animationName !== "none" || transitionDuration.split(", ").some((each) => each !== "0s"))
          .map(([element]) => element.outerHTML.slice(0, 100))`,
      );
      assert.deepEqual(moving, [], cls);
    }
  });

  test("shows details with links, and output as it comes", async (t) => {
    const results = await openPage(t, browser());
    const { page } = results;
    await fill(
      results,
      rows(3, (index) => (index === 1 ? { state: "failed", preview: "TypeError: no", attempt: 2 } : {})),
    );
    await page.getByText("src/file-1.ts").click();
    assert.equal((await results.next("look")).index, 1);
    const error = {
      type: "TypeError",
      message: "no <b>bold</b>",
      stack: { text: "at f (/work/a b.ts:1:2)\nat g (/work/c.ts:12:7)", cut: false },
      facts: null,
      stderr: null,
      cause: null,
    };
    await results.send(
      {
        type: "detail",
        detail: { index: 1, item: { text: '{"a":1}', cut: true }, value: null, valueGone: false, error, command: null },
      },
      { type: "output", index: 1, lines: [{ stream: "stderr", text: "src/x.c:3:5: bad" }], dropped: 1200 },
      // Output of a row that is no longer shown.
      { type: "output", index: 2, lines: [{ stream: "stdout", text: "elsewhere" }], dropped: 0 },
      {
        type: "output",
        index: 1,
        lines: [
          { stream: "stderr", text: "src/x.c:3:5: bad" },
          { stream: "stdout", text: "more" },
        ],
        dropped: 1200,
      },
    );
    const details = page.getByRole("complementary");
    await details.getByText("no <b>bold</b>").waitFor();
    await details.getByText("attempt 2").waitFor();
    await details.getByText("1,200 earlier lines").waitFor();
    await waitFor(async () => (await details.locator("pre").last().textContent()) === "src/x.c:3:5: bad\nmore\n");
    await details.getByRole("link", { name: "/work/c.ts:12:7" }).click();
    assert.deepEqual((await results.next("openPlace")).place, { file: "/work/c.ts", line: 12, column: 7 });
    await details.getByRole("link", { name: "src/x.c:3:5" }).focus();
    await page.keyboard.press("Enter");
    assert.equal((await results.next("openPlace")).place.file, "src/x.c");
    await details.getByRole("button", { name: "Open in editor" }).first().click();
    assert.deepEqual(await results.next("openText"), { type: "openText", index: 1, what: "item" });
    await details.getByRole("button", { name: "Run again" }).click();
    assert.deepEqual((await results.next("rerun")).indexes, [1]);
    await page.getByRole("button", { name: "Re-run Failed" }).click();
    await results.next("rerunFailed");
  });

  test("follows a running run, and shows how it ended", async (t) => {
    const results = await openPage(t, browser());
    const { page } = results;
    const list = rows(10, (index) =>
      index < 4
        ? {}
        : index < 6
          ? { state: "running", ms: null, preview: "" }
          : { state: "queued", ms: null, startedAt: null, pid: 0, preview: "" },
    );
    await fill(results, list, { state: "running", endedAt: null });
    const bar = page.getByRole("progressbar");
    await waitFor(async () => (await bar.getAttribute("aria-valuenow")) === "4");
    await page.getByRole("button", { name: "Cancel" }).click();
    assert.equal((await results.next("cancel")).indexes, null);
    await results.send(
      {
        type: "rows",
        rows: list.slice(4).map(({ index }) => rowView(index, { state: "cancelled", ms: null, preview: "" })),
      },
      { type: "run", run: runView({ total: 10, state: "cancelled" }), now: 1_011_000 },
    );
    await waitFor(async () => (await bar.getAttribute("aria-valuenow")) === "10");
    await page.getByText("Cancelled: 10 items").waitFor();
    await waitFor(async () => (await page.locator(".unseen").textContent())?.includes("4 items done"));
    assert.equal(await page.getByRole("button", { name: "Cancel", exact: true }).count(), 0);
  });

  test("has a timeline for pointer and keyboard that leads to the table", async (t) => {
    const results = await openPage(t, browser());
    const { page } = results;
    // Filtered away: choosing it in the timeline shows it again.
    await fill(
      results,
      rows(40, (index) => ({
        pid: 4000 + (index % 4),
        startedAt: 1_000_000 + Math.floor(index / 4) * 1000,
        ms: 900,
        state: index === 5 ? "failed" : "done",
      })),
    );
    await page.getByRole("button", { name: "Failed 1" }).click();
    const timeline = page.getByRole("application");
    await waitFor(async () => (await timeline.getAttribute("aria-label"))?.includes("4 workers, 90% busy"));
    await timeline.focus();
    const tip = page.locator(".tip");
    await page.keyboard.press("ArrowRight");
    await tip.getByText("src/file-0.ts").waitFor();
    await page.keyboard.press("ArrowDown");
    await tip.getByText("src/file-1.ts").waitFor();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await tip.getByText("src/file-9.ts").waitFor();
    await page.keyboard.press("Enter");
    assert.equal((await results.next("look")).index, 9);
    await page.locator("#row-9[aria-selected=true]").waitFor();
    // Item 22 runs in the third lane from 5 to 5.9 of 10 seconds.
    const box = (await timeline.boundingBox())!;
    const at = (seconds: number, lane: number) => ({
      x: box.x + 104 + ((box.width - 104) * seconds) / 10,
      y: box.y + 20 + 20 * lane + 10,
    });
    const place = at(5.45, 2);
    await page.mouse.move(place.x, place.y);
    await tip.getByText("src/file-22.ts").waitFor();
    // Zoomed around the pointer, it is still there; its neighbours are far away.
    await page.keyboard.down("Control");
    await page.mouse.wheel(0, -200);
    await page.keyboard.up("Control");
    await page.mouse.move(place.x + 40, place.y);
    await tip.getByText("src/file-22.ts").waitFor();
    await page.mouse.click(place.x + 40, place.y);
    await page.locator("#row-22[aria-selected=true]").waitFor();
    await page.keyboard.press("0");
    await page.mouse.move(at(0.45, 0).x, at(0.45, 0).y);
    await tip.getByText("src/file-0.ts").waitFor();
  });

  test("stays quick with 10,000 rows, sorted, filtered, zoomed and changing", async (t) => {
    const results = await openPage(t, browser(), { scale: 2 });
    const { page } = results;
    const list = rows(10_000, (index) => ({
      pid: 4000 + (index % 8),
      startedAt: 1_000_000 + Math.floor(index / 8) * 10,
      ms: 9,
      state: index % 100 === 7 ? "failed" : "done",
    }));
    await fill(results, list, { processes: 8, state: "running", endedAt: null });
    await waitFor(async () => (await page.getByRole("grid").getAttribute("aria-rowcount")) === "10001");
    // Only what is seen is there.
    assert.ok((await page.locator(".window .row").count()) < 80);
    await page.evaluate(
      "window.longest = 0; new PerformanceObserver((list) => { for (const entry of list.getEntries()) " +
        `window.longest = Math.max(window.longest, entry.duration); }).observe({ type: "longtask" })`,
    );
    await heading(page, "Duration").click();
    await heading(page, "Item").click();
    await page.getByRole("grid").focus();
    await page.keyboard.press("End");
    await page.locator("#row-9999").waitFor();
    await page.keyboard.type("file-99");
    await waitFor(async () => (await page.getByRole("grid").getAttribute("aria-rowcount")) === "112");
    for (let round = 0; round < 10; round++) {
      await results.send({
        type: "rows",
        rows: list.slice(round * 100, round * 100 + 100).map((row) => ({ ...row, preview: `round-${round}` })),
      });
      await page.locator(".lanes").hover();
      await page.mouse.wheel(0, round % 2 === 0 ? -300 : 200);
    }
    await page.getByLabel("Filter rows").fill("round-9");
    await waitFor(async () => (await page.getByRole("grid").getAttribute("aria-rowcount")) === "101");
    t.diagnostic(`longest task of the page: ${await page.evaluate("Math.round(window.longest)")} ms`);
  });

  test("comes back as it was left", async (t) => {
    const first = await openPage(t, browser());
    await fill(
      first,
      rows(50, (index) => (index < 30 ? {} : { state: "failed" })),
    );
    await first.page.getByRole("button", { name: "Failed 20" }).click();
    await heading(first.page, "Item").click();
    await heading(first.page, "Item").click();
    await waitFor(async () => (await labels(first.page))[0] === "src/file-49.ts");
    await first.page.getByText("src/file-48.ts").click();
    await first.next("look");
    await first.page.getByRole("button", { name: "Timeline", exact: true }).click();
    const kept = await waitFor(async () => {
      const state = (await first.page.evaluate("window.kept")) as { timelineOpen: boolean; run: string } | undefined;
      return state?.timelineOpen === false ? state : null;
    });
    assert.equal(kept.run, "run:1.1");
    const second = await openPage(t, browser(), { state: kept });
    await fill(
      second,
      rows(50, (index) => (index < 30 ? {} : { state: "failed" })),
    );
    assert.equal((await second.next("look")).index, 48);
    await waitFor(async () => (await labels(second.page))[0] === "src/file-49.ts");
    assert.ok(await second.page.getByRole("application").isHidden());
    await second.send({ type: "focus", part: "timeline" });
    await second.page.getByRole("application").waitFor();
    await waitFor(() => second.page.evaluate('document.activeElement.classList.contains("lanes")'));
  });

  test("shows that its run is gone", async (t) => {
    const results = await openPage(t, browser());
    await results.send({ type: "gone", text: "The run is gone." });
    await results.page.getByRole("alert").getByText("The run is gone.").waitFor();
    assert.ok(await results.page.getByRole("grid").isHidden());
  });

  test("opens a menu for all rows that are selected", async (t) => {
    const results = await openPage(t, browser());
    const { page } = results;
    await fill(results, rows(5));
    await page.getByText("src/file-1.ts").click({ modifiers: ["Control"] });
    await page.getByText("src/file-3.ts").click({ modifiers: ["Control"] });
    await page.getByText("src/file-3.ts").click({ button: "right" });
    assert.deepEqual((await results.next("menu")).indexes, [1, 3]);
    await page.getByText("src/file-0.ts").click({ button: "right" });
    assert.deepEqual((await results.next("menu")).indexes, [0]);
    const context = JSON.parse((await page.locator("#row-0").getAttribute("data-vscode-context"))!) as Record<
      string,
      unknown
    >;
    assert.deepEqual(
      [context["webviewSection"], context["index"], context["hasFile"], context["unsettled"]],
      ["row", 0, true, false],
    );
  });
});
