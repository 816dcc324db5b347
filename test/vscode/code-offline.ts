/*
 * Stands in for the desktop's `code` program under @vscode/test-electron's runTests({ vscodeExecutablePath }): takes
 * its flags, runs the tests in a real extension host, and ends when they have. VS Code's web build reports exit code 0
 * also when the extension host dies, so that 0 says little: the caller must learn of the tests' end from the
 * tests themselves.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Browser } from "playwright-core";
import { launchChromium, newPage } from "./chromium.js";
import { installOffline } from "./install-offline.js";
import { VscodeServer } from "./vscode-server.js";
import { workbenchUrl } from "./workbench-url.js";

const developmentPaths: string[] = [];
let testsPath: string | undefined;
let folder: string | null = null;
let userDataDir: string | undefined;
let extensionsDir: string | undefined;
const payload: [string, string][] = [];
for (const argument of process.argv.slice(2)) {
  const [, name, value = ""] = /^--([^=]+)(?:=(.*))?$/.exec(argument) ?? [];
  switch (name) {
    case undefined:
      folder = resolve(argument);
      break;
    case "extensionDevelopmentPath":
      developmentPaths.push(resolve(value));
      break;
    case "extensionTestsPath":
      testsPath = resolve(value);
      break;
    case "user-data-dir":
      userDataDir = resolve(value);
      break;
    case "extensions-dir":
      extensionsDir = resolve(value);
      break;
    case "disable-extensions":
      payload.push(["disableExtensions", "true"]);
      break;
    default: // The rest (--no-sandbox, --skip-welcome, --disable-workspace-trust …) is always so here.
  }
}
if (testsPath === undefined || developmentPaths.length === 0) {
  console.error("code-offline: --extensionDevelopmentPath=FOLDER and --extensionTestsPath=FILE are needed");
  process.exit(2);
}

// The caller that gives a folder removes it: what VS Code started may outlive it for a moment, and still write.
const given = process.env["VSCODE_OFFLINE_FOLDER"];
const temporary = given ?? mkdtempSync(join(tmpdir(), "c-"));
let server: VscodeServer | undefined;
let browser: Browser | undefined;

async function stop(): Promise<void> {
  await browser?.close().catch(() => {});
  await server?.stop();
  if (given === undefined) rmSync(temporary, { recursive: true, force: true, maxRetries: 5 });
}
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => void stop().finally(() => process.exit(130)));

let code = 1;
try {
  await installOffline();
  server = await VscodeServer.start({ folder: temporary, userDataDir, extensionsDir, driver: true });
  browser = await launchChromium({ temporary });
  const page = await newPage(browser, { viewport: { width: 1000, height: 700 }, reducedMotion: "reduce" });
  const ended = new Promise<number>((done) => {
    // The web build calls these when the run is over, and for its log.
    void page.exposeFunction("codeAutomationExit", done);
    if (process.env["VSCODE_OFFLINE_DEBUG"])
      void page.exposeFunction("codeAutomationLog", (type: string, args: unknown[]) =>
        console.error(`[${type}]`, ...args),
      );
  });
  await page.goto(workbenchUrl(server, { folder, developmentPaths, testsPath, payload }));
  const serverEnded = server.exited.then((how) => Promise.reject(new Error(`VS Code's server ended with ${how}`)));
  code = await Promise.race([ended, serverEnded]);
} catch (error) {
  console.error(`code-offline: ${error instanceof Error ? error.message : String(error)}`);
} finally {
  await stop();
}
process.exit(code);
