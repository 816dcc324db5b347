import assert from "node:assert/strict";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { after, before, type TestContext } from "node:test";
import type { FromPage, RowView, RunView, ToPage } from "../../../extension/results/messages.js";
import { translations } from "../../../extension/build/localize.js";
import { pageHtml } from "../../../extension/results/page-html.js";
import { root } from "../../fixture.js";
import { waitFor } from "../../deadline.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { launchChromium, newPage } from "../../vscode/chromium.js";

const origin = "http://results.test";

/** The page of a results panel in a browser, with the test as its panel. */
export interface ResultsPage {
  page: Page;
  /** The page's messages to its panel, oldest first. */
  told: FromPage[];
  send(...messages: ToPage[]): Promise<void>;
  /** Waits for a message of this type from the page, and removes it. */
  next<T extends FromPage["type"]>(type: T): Promise<Extract<FromPage, { type: T }>>;
}

export interface PageOptions {
  width?: number;
  height?: number;
  /** What VS Code gives a page: variables and classes. */
  theme?: { style: string; cls: string };
  /** What the page kept of itself before. */
  state?: unknown;
  /** Pixels of the screen for one of the page. */
  scale?: number;
  /** The editor's. Default: English. */
  language?: string;
  /** JavaScript that runs before anything of the page. */
  first?: string;
}

/** One browser for all tests of the suite that calls this. */
export function sharedBrowser(): () => Browser {
  let browser: Browser | undefined;
  let removeFolder = () => {};
  before(async () => {
    browser = await launchChromium({ temporary: temporaryFolder({ after: (clean) => (removeFolder = clean) }) });
  });
  after(async () => {
    await browser?.close();
    removeFolder();
  });
  return () => browser!;
}

let bundled: Promise<{ script: string; style: string }> | null = null;

/** As extension/build does it, but into memory. */
function bundlePage(): Promise<{ script: string; style: string }> {
  bundled ??= build({
    absWorkingDir: root,
    bundle: true,
    entryPoints: ["extension/results/webview/main.ts"],
    outdir: "out",
    write: false,
    platform: "browser",
    target: "chrome130",
    format: "esm",
    loader: { ".svg": "text" },
    conditions: ["production"],
  }).then(({ outputFiles }) => {
    const file = (ending: string) => outputFiles.find(({ path }) => path.endsWith(ending))!.text;
    return { script: file(".js"), style: file(".css") };
  });
  return bundled;
}

/**
 * Opens the page. At the end of the test, whatever it complained of (errors, or breaches of its security policy) fails
 * it.
 */
export async function openPage(
  t: TestContext,
  browser: Browser,
  { width = 1100, height = 700, theme, state = null, scale = 1, language = "en", first }: PageOptions = {},
): Promise<ResultsPage> {
  const { script, style } = await bundlePage();
  const page = await newPage(browser, { viewport: { width, height }, deviceScaleFactor: scale });
  const complaints: string[] = [];
  const told: FromPage[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  await page.exposeFunction("toPanel", (message: FromPage) => void told.push(message));
  // Text, since the tests know no DOM.
  await page.addInitScript(`
    let state = ${JSON.stringify(state)};
    window.acquireVsCodeApi = () => ({
      postMessage: (message) => window.toPanel(message),
      getState: () => state,
      setState: (next) => { window.kept = state = next; },
    });
    document.addEventListener("DOMContentLoaded", () => {
      document.documentElement.style.cssText = ${JSON.stringify(theme?.style ?? "")};
      document.body.className = ${JSON.stringify(theme?.cls ?? "vscode-dark")};
    });
  `);
  if (first !== undefined) await page.addInitScript(first);
  const html = pageHtml({
    cspSource: origin,
    nonce: "n0nce",
    script: "/webview.js",
    style: "/webview.css",
    language,
    texts: translations().get(language) ?? {},
  });
  await page.route(`${origin}/**`, (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname === "/webview.js") return route.fulfill({ contentType: "text/javascript", body: script });
    if (pathname === "/webview.css") return route.fulfill({ contentType: "text/css", body: style });
    return pathname === "/" ? route.fulfill({ contentType: "text/html", body: html }) : route.fulfill({ status: 404 });
  });
  await page.goto(`${origin}/`);
  t.after(async () => {
    await page.close();
    assert.deepEqual(complaints, [], "the page complained");
  });
  const results: ResultsPage = {
    page,
    told,
    send: async (...messages) => {
      await page.evaluate(`for (const message of ${JSON.stringify(messages)}) window.postMessage(message, "*")`);
    },
    next: async (type) => {
      type Told = Extract<FromPage, { type: typeof type }>;
      const is = (message: FromPage): message is Told => message.type === type;
      const message = await waitFor(() => told.find(is), { what: `the page tells "${type}"` });
      told.splice(told.indexOf(message), 1);
      return message;
    },
  };
  await results.next("ready");
  return results;
}

export function runView(changes: Partial<RunView> = {}): RunView {
  return {
    id: "run:1.1",
    name: "Map digest over files",
    target: "hash.js#digest",
    kind: "function",
    state: "done",
    processes: 4,
    isOnCluster: false,
    total: 5,
    startedAt: 1_000_000,
    endedAt: 1_010_000,
    ...changes,
  };
}

export function rowView(index: number, changes: Partial<RowView> = {}): RowView {
  return {
    index,
    label: `src/file-${index}.ts`,
    file: `/workspace/src/file-${index}.ts`,
    state: "done",
    pid: 4000 + (index % 4),
    host: null,
    attempt: 1,
    startedAt: 1_000_000 + Math.floor(index / 4) * 100,
    ms: 80 + (index % 4) * 5,
    fraction: null,
    preview: `{"words":${index * 3}}`,
    ...changes,
  };
}
