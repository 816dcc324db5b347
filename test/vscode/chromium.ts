import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chromium, type Browser } from "playwright-core";

const candidates = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"];

/** The browser's program: that of CHROMIUM, or one that is installed. On a bare Debian, root gets it installed. */
export function findChromium(): string {
  const given = process.env["CHROMIUM"];
  const found = given ? given : candidates.find((path) => existsSync(path));
  if (found !== undefined) return found;
  if (process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) {
    console.log("installing chromium");
    for (const args of [["update", "-q"], ["install", "-y", "-q", "--no-install-recommends", "chromium"]]) {
      spawnSync("apt-get", args, { stdio: "ignore", env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } });
    }
    if (existsSync(candidates[0]!)) return candidates[0]!;
  }
  throw new Error("no Chromium was found: install it (Debian: apt-get install chromium), or set CHROMIUM to its path");
}

export interface BrowserOptions {
  /** Where it keeps what it writes while it runs. */
  temporary?: string;
  headless?: boolean;
}

export function launchChromium({ temporary, headless = true }: BrowserOptions = {}): Promise<Browser> {
  return chromium.launch({
    executablePath: findChromium(),
    headless,
    env: { ...(process.env as Record<string, string>), ...(temporary === undefined ? {} : { TMPDIR: temporary, XDG_RUNTIME_DIR: temporary, XDG_CONFIG_HOME: temporary, XDG_CACHE_HOME: temporary }) },
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}
