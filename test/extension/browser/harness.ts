import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { launchChromium, newPage } from "../../vscode/chromium.js";
import { copyWorkspace } from "../../vscode/example-workspace.js";
import { installOffline } from "../../vscode/install-offline.js";
import { Marked } from "../../vscode/marked.js";
import { packagedExtension } from "../../vscode/packaged-extension.js";
import { installExtension, VscodeServer } from "../../vscode/vscode-server.js";
import { workbenchUrl } from "../../vscode/workbench-url.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { Workbench } from "./workbench.js";

export type Theme = "dark" | "light" | "high contrast";

/** For tests that make pictures: the documents have one for each of these. Without pictures, one theme will do. */
export const pictureThemes: readonly Theme[] = process.env["POLYPROC_SCREENSHOTS"] ? ["light", "dark"] : ["light"];

export interface WorkbenchOptions {
  theme?: Theme;
  /** The user's settings. */
  settings?: Record<string, unknown>;
  /**
   * Whether the window asks the user to trust the workspace, which no user has done yet. Default: it is trusted without
   * a question.
   */
  askForTrust?: boolean;
  /**
   * What is opened: a folder, a `.code-workspace` file, or null for an empty window. Default: a copy of
   * examples/workspace, a Git repository.
   */
  folder?: string | null;
  /** The editor's language, such as `de`; default: English. It has no language packs, so only extensions speak it. */
  language?: string;
  /** The settings of the machine: a remote window, such as this, ignores those of the scope `machine` elsewhere. */
  machineSettings?: Record<string, unknown>;
  /** More variables of the editor's environment. */
  env?: Record<string, string>;
  /** Default 1280 x 800. */
  viewport?: { width: number; height: number };
}

const themes = { dark: "Default Dark Modern", light: "Default Light Modern", "high contrast": "Default High Contrast" };

const settingsForTests = {
  // As a window of any VS Code looks.
  "window.title": "${activeEditorShort}${separator}${rootName}",
  "editor.minimap.enabled": false,
  "remote.autoForwardPorts": false,
  // Its text is in the page then.
  "terminal.integrated.gpuAcceleration": "off",
  "terminal.integrated.defaultProfile.linux": "bash",
  "terminal.integrated.shellIntegration.enabled": false,
  "editor.accessibilitySupport": "off",
  "window.confirmBeforeClose": "never",
};

/**
 * A real VS Code, with the packaged extension installed, in a browser. It goes with the test, and with it all that it
 * started.
 */
export async function openWorkbench(
  test: { after(clean: () => void | Promise<void>): void; readonly passed?: boolean },
  options: WorkbenchOptions = {},
): Promise<Workbench> {
  const { theme = "dark", askForTrust = false, viewport = { width: 1280, height: 800 } } = options;
  await installOffline();
  // Removed last: cleaning up goes in the order of registration, so this registers none of its own.
  let removeFolder = () => {};
  const folder = temporaryFolder({ after: (clean) => (removeFolder = clean) });
  const closing: (() => Promise<void> | void)[] = [removeFolder];
  test.after(async () => {
    const faults: unknown[] = [];
    // One that fails must not leave the others' processes and files behind.
    for (const close of closing.reverse()) {
      try {
        await close();
      } catch (error) {
        faults.push(error);
      }
    }
    if (faults.length > 0) throw faults[0];
  });

  const extensionsDir = join(folder, "extensions");
  const temporary = join(folder, "b");
  mkdirSync(temporary, { mode: 0o700 });
  const vsix = await packagedExtension(folder);
  const [opened] = await Promise.all([
    options.folder === undefined ? copyWorkspace(join(folder, "workspace")) : options.folder,
    installExtension(vsix, extensionsDir, join(folder, "install")),
  ]);
  const marked = new Marked();
  closing.push(() => marked.end());
  const server = await VscodeServer.start({
    folder,
    extensionsDir,
    askForTrust,
    env: { ...marked.environment, ...options.env },
    machineSettings: options.machineSettings,
    settings: { "workbench.colorTheme": themes[theme], ...settingsForTests, ...options.settings },
  });
  closing.push(() => server.stop());
  const browser = await launchChromium({ temporary });
  closing.push(() => browser.close());
  const page = await newPage(browser, { viewport, reducedMotion: "reduce" });
  // As the messages of a language pack set it, before the window's own code reads it.
  if (options.language !== undefined)
    await page.addInitScript(`globalThis._VSCODE_NLS_LANGUAGE = ${JSON.stringify(options.language)}`);
  await page.goto(workbenchUrl(server, { folder: opened }));
  const workbench = new Workbench(page, { folder: opened, theme, marked });
  closing.push(async () => {
    if (test.passed === false) console.log(await shownBy(workbench));
  });
  await workbench.ready();
  return workbench;
}

/** What the window shows, for the report of a test that failed. */
async function shownBy({ page, faults }: Workbench): Promise<string> {
  const text = (await page.locator("body").innerText()).replaceAll(/\s*\n\s*/g, " | ");
  return [`the window shows: ${text}`, ...faults.map((fault) => `the page reported: ${fault}`)].join("\n");
}
