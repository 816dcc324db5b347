import { existsSync } from "node:fs";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { patienceMs } from "../deadline.js";

const candidates = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** The browser's program: that of CHROMIUM, or one that is installed. */
export function findChromium(): string | undefined {
  const given = process.env["CHROMIUM"];
  return (given ? [given] : candidates).find((path) => existsSync(path));
}

/** A page's code is read from the disk for the first time, maybe beside much else. */
const firstLoadMs = 120_000;

export interface BrowserOptions {
  /** Where it keeps what it writes while it runs. */
  temporary?: string;
  headless?: boolean;
}

export function launchChromium({ temporary, headless = true }: BrowserOptions = {}): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined)
    throw new Error(
      "no Chromium was found: install it (Debian: apt-get install chromium), or set CHROMIUM to its path",
    );
  return chromium.launch({
    executablePath,
    headless,
    env: {
      ...(process.env as Record<string, string>),
      ...(temporary === undefined
        ? {}
        : { TMPDIR: temporary, XDG_RUNTIME_DIR: temporary, XDG_CONFIG_HOME: temporary, XDG_CACHE_HOME: temporary }),
    },
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** A page of a session of its own, which waits as long as all tests do: Playwright's own limit is 30 s. */
export async function newPage(browser: Browser, options: BrowserContextOptions): Promise<Page> {
  const page = await browser.newPage(options);
  page.setDefaultTimeout(patienceMs);
  page.setDefaultNavigationTimeout(firstLoadMs);
  return page;
}
