import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { FrameLocator, Locator, Page } from "playwright-core";
import { waitFor } from "../../deadline.js";
import { root } from "../../fixture.js";
import type { Marked } from "../../vscode/marked.js";

/** A row of a tree, as it is shown. */
export interface TreeRow {
  /** What the row says, its description included. */
  text: string;
  /** What a screen reader says. */
  label: string;
  /** 1 for the outermost. */
  level: number;
  expanded: boolean | null;
}

/** Long enough for a busy machine with two cores. */
const patienceMs = 60_000;

/**
 * The window of a VS Code, used by keyboard and mouse. Everything waits until it is there, with a
 * deadline.
 */
export class Workbench {
  readonly page: Page;
  /** Path of what is open; null in an empty window. */
  readonly folder: string | null;
  /** The processes of this VS Code, and the extension's servers among them. */
  readonly marked: Marked;
  /** What the page itself reported as broken: to be looked at when a test fails. */
  readonly faults: string[] = [];
  readonly #theme: string;

  constructor(page: Page, { folder, theme, marked }: { folder: string | null; theme: string; marked: Marked }) {
    this.page = page;
    this.folder = folder;
    this.marked = marked;
    this.#theme = theme;
    page.on("pageerror", (error) => this.faults.push(error.message));
  }

  /** The window is drawn, and the extension is known. */
  async ready(): Promise<void> {
    await this.page.locator(".monaco-workbench .part.statusbar").waitFor();
    await this.activityBarItem("Polyproc").waitFor();
  }

  async press(keys: string): Promise<void> {
    await this.page.keyboard.press(keys);
  }

  // The palette and other quick inputs.

  /** Runs a command by the whole of its title, such as `Polyproc: Map Over Files…`. */
  async runCommand(title: string): Promise<void> {
    const row = this.quickPick(title).first();
    // The palette lists what could be run at the moment when it was opened: right after the start that may be less than
    // a moment later.
    await waitFor(
      async () => {
        await this.#openQuickInput("F1", `>${title}`);
        const isListed = await row.waitFor({ timeout: 3000 }).then(
          () => true,
          () => false,
        );
        if (!isListed) await this.press("Escape");
        return isListed;
      },
      { what: `${title} in the palette`, timeoutMs: patienceMs, intervalMs: 100 },
    );
    await row.click();
  }

  /** Titles that the palette offers for this text. */
  async offeredCommands(text: string): Promise<string[]> {
    await this.#openQuickInput("F1", `>${text}`);
    const rows = this.quickInput.locator(".monaco-list-row");
    await rows.first().waitFor();
    const titles = await rows.locator(".quick-input-list-label .label-name").allTextContents();
    await this.press("Escape");
    return titles;
  }

  /** Opens a file of the workspace in an editor. */
  async openFile(path: string): Promise<void> {
    await this.#openQuickInput("Control+P", path);
    await this.quickInput.locator(".monaco-list-row").first().waitFor();
    await this.press("Enter");
    await this.page
      .locator(
        `.tabs-container .tab[data-resource-name="${path.split("/").at(-1)}"], ` +
          `.tab:has-text("${path.split("/").at(-1)}")`,
      )
      .first()
      .waitFor();
  }

  /** Keys that come before the window listens are lost, so they are pressed until they are heard. */
  async #openQuickInput(keys: string, text: string): Promise<void> {
    await waitFor(
      async () => {
        await this.press(keys);
        return this.quickInput
          .locator("input")
          .first()
          .waitFor({ timeout: 1000 })
          .then(
            () => true,
            () => false,
          );
      },
      { what: `a quick input after ${keys}`, timeoutMs: patienceMs, intervalMs: 100 },
    );
    await this.quickInput.locator("input").first().fill(text);
  }

  /** What asks for something at the top of the window. */
  get quickInput(): Locator {
    return this.page.locator(".quick-input-widget:visible");
  }

  /** A row of the quick pick. */
  quickPick(label: string | RegExp): Locator {
    return this.quickInput
      .locator(".monaco-list-row")
      .filter({ has: this.page.locator(".quick-input-list-label", { hasText: label }) });
  }

  /** Chooses a row of the quick pick. */
  async pick(label: string | RegExp): Promise<void> {
    await this.quickPick(label).first().click();
  }

  /** Types into the quick input, and accepts it. */
  async answer(text: string): Promise<void> {
    await this.quickInput.locator("input").first().fill(text);
    await this.press("Enter");
  }

  // The side bar.

  activityBarItem(title: string): Locator {
    return this.page.locator(`.activitybar .action-item:has([aria-label^="${title}"])`).first();
  }

  /** Opens a view container, if it is not open. */
  async openContainer(title: string): Promise<void> {
    const heading = this.page.locator(".part.sidebar .composite.title:visible", { hasText: new RegExp(title, "i") });
    // A click on the icon of a container that comes up by itself, as it does after a reload, closes it.
    await waitFor(
      async () => {
        if (await heading.isVisible()) return true;
        await this.activityBarItem(title).click();
        return heading.waitFor({ timeout: 2000 }).then(
          () => true,
          () => false,
        );
      },
      { what: `the container ${title}`, timeoutMs: patienceMs, intervalMs: 50 },
    );
  }

  /** Makes the side bar wider by this many pixels. */
  async widenSideBar(by: number): Promise<void> {
    const { x, y, width, height } = (await this.page.locator(".part.sidebar").boundingBox())!;
    const edge = { x: x + width + 1, y: y + height / 2 };
    await this.page.mouse.move(edge.x, edge.y);
    await this.page.mouse.down();
    await this.page.mouse.move(edge.x + by, edge.y, { steps: 5 });
    await this.page.mouse.up();
  }

  /** A view of the open container, by its title. */
  view(title: string): Locator {
    return this.page
      .locator(".part.sidebar .pane")
      .filter({ has: this.page.locator(`.pane-header[aria-label^="${title}"]`) });
  }

  /** The rows that a view's tree shows now. */
  async treeRows(viewTitle: string): Promise<TreeRow[]> {
    return this.view(viewTitle)
      .locator(".monaco-list-row")
      .evaluateAll((rows) =>
        rows
          .map((row) => ({ row, top: row.getBoundingClientRect().top }))
          .sort((a, b) => a.top - b.top)
          .map(({ row }) => ({
            text: row.textContent?.trim() ?? "",
            label: row.getAttribute("aria-label") ?? "",
            level: Number(row.getAttribute("aria-level")),
            expanded: row.hasAttribute("aria-expanded") ? row.getAttribute("aria-expanded") === "true" : null,
          })),
      );
  }

  /** The rows, once there is one that matches. */
  waitForRow(viewTitle: string, matches: (row: TreeRow) => boolean, what = matches.toString()): Promise<TreeRow> {
    return waitFor(async () => (await this.treeRows(viewTitle)).find(matches), {
      what: `a row of ${viewTitle}: ${what}`,
      timeoutMs: patienceMs,
      intervalMs: 50,
    });
  }

  treeRow(viewTitle: string, text: string | RegExp): Locator {
    return this.view(viewTitle).locator(".monaco-list-row").filter({ hasText: text }).first();
  }

  /**
   * Clicks the button that a row shows when the mouse is over it, in one event: if the tree draws the row anew between
   * the press and the release of a mouse, the editor sees no click.
   */
  async rowAction(viewTitle: string, text: string | RegExp, action: string): Promise<void> {
    const row = this.treeRow(viewTitle, text);
    await row.hover();
    await row.locator(`.actions [aria-label^="${action}"]`).first().dispatchEvent("click");
  }

  /** Chooses from the menu of anything that has one. */
  async contextMenu(on: Locator, entry: string): Promise<void> {
    await on.click({ button: "right" });
    // By the keyboard: a menu takes no click for a tenth of a second after it has opened.
    await this.menuItem(entry).hover();
    await this.press("Enter");
  }

  menuItem(label: string): Locator {
    return this.page.locator(`.monaco-menu .action-item:has([aria-label^="${label}"])`).first();
  }

  /** A file or folder in the explorer, which must be open and show it. */
  explorerItem(name: string): Locator {
    return this.page
      .locator(".explorer-folders-view .monaco-list-row")
      .filter({ has: this.page.locator(".label-name", { hasText: new RegExp(`^${escaped(name)}$`) }) })
      .first();
  }

  // Editors and panels.

  /** The links of CodeLenses in the visible editors. */
  codeLens(title: string): Locator {
    return this.page.locator(".codelens-decoration a", { hasText: title });
  }

  /** Lines of the output channel that an editor's or the panel's output shows now; opens the channel first. */
  async outputLines(channel: string): Promise<string[]> {
    const panel = this.page.locator(".part.panel .output-view, .part.panel [id='workbench.panel.output']").first();
    await this.runCommand("Output: Show Output Channels...");
    await this.pick(new RegExp(`^\\s*${escaped(channel)}\\s*$`));
    await panel.waitFor();
    return linesOf(panel.locator(".view-lines"));
  }

  /** What the Problems view shows, one text for each row. */
  async problems(): Promise<string[]> {
    await this.runCommand("Problems: Focus on Problems View");
    const panel = this.page.locator(".markers-panel");
    await panel.waitFor();
    // Only rows in view are in the page: the list is read from its top to its end.
    await panel.hover();
    await this.page.mouse.wheel(0, -100_000);
    const rows = new Set<string>();
    for (let before = -1; rows.size > before; await this.page.mouse.wheel(0, 44)) {
      before = rows.size;
      // A frame, for the list to draw what the wheel brought into view.
      await this.page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))");
      const texts = await panel.locator(".monaco-list-row").allTextContents();
      for (const text of texts) rows.add(text.replaceAll("\u00a0", " ").trim());
    }
    return [...rows];
  }

  /** Opens a new terminal, which takes what is typed from then on. */
  async openTerminal(): Promise<void> {
    await this.runCommand("Terminal: Create New Terminal");
    await this.page.locator(".terminal-wrapper.active .xterm-rows").waitFor();
    // It has a prompt.
    await waitFor(async () => (await this.terminalText()).trim() !== "", {
      what: "a prompt in the terminal",
      timeoutMs: patienceMs,
      intervalMs: 50,
    });
  }

  /**
   * Types a line at the prompt of the terminal. The quick input that opened the terminal gives the focus back late, and
   * keys that come before are lost. So the line is typed until the shell has echoed it.
   */
  async typeInTerminal(line: string): Promise<void> {
    const isEchoed = async () => (await this.terminalText()).replaceAll(/\s/g, "").endsWith(line.replaceAll(/\s/g, ""));
    await waitFor(
      async () => {
        await this.page.locator(".terminal-wrapper.active .xterm-helper-textarea").focus();
        // Whatever of it was typed before.
        await this.press("Control+U");
        await this.page.keyboard.type(line);
        return waitFor(isEchoed, { timeoutMs: 5000, intervalMs: 50 }).then(
          () => true,
          () => false,
        );
      },
      { what: `the echo of ${line}`, timeoutMs: patienceMs },
    );
    await this.press("Enter");
  }

  /** What the terminal shows now. */
  async terminalText(): Promise<string> {
    const rows = await this.page.locator(".terminal-wrapper.active .xterm-rows > div").allTextContents();
    return rows.map((row) => row.replaceAll("\u00a0", " ").trimEnd()).join("\n");
  }

  /** The document inside of the webview that is shown. */
  get webview(): FrameLocator {
    return this.page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
  }

  // What comes up by itself.

  notification(text: string | RegExp): Locator {
    return this.page
      .locator(".notifications-toasts .notification-list-item, .notifications-center .notification-list-item")
      .filter({ hasText: text })
      .first();
  }

  /** Closes a notification if it is there: a VS Code without TypeScript's server says so at the first script. */
  async hideNotice(text: string): Promise<void> {
    const notice = this.notification(text);
    // In one step: a toast leaves by itself, also between a look and a click.
    await notice
      .locator('.actions-container [aria-label^="Clear Notification"]')
      .evaluateAll((buttons) => (buttons[0] as { click(): void } | undefined)?.click());
    await notice.waitFor({ state: "detached" });
  }

  /** The modal dialog that is open. */
  get dialog(): Locator {
    return this.page.locator(".monaco-dialog-box");
  }

  /** Presses a button of the modal dialog. */
  async answerDialog(button: string): Promise<void> {
    await this.dialog.locator(".monaco-button", { hasText: button }).first().click();
    await this.dialog.waitFor({ state: "detached" });
  }

  statusBarItem(text: string | RegExp): Locator {
    return this.page.locator(".part.statusbar .statusbar-item").filter({ hasText: text }).first();
  }

  /** As the command of that name does it. */
  async reload(): Promise<void> {
    const gone = this.page.waitForEvent("load");
    await this.runCommand("Developer: Reload Window");
    await gone;
    await this.ready();
  }

  /**
   * A picture for the documents: `docs/images/NAME-THEME.png` when POLYPROC_SCREENSHOTS is set, so that a mere run of
   * the tests changes no file. Of the whole window, or of a part.
   */
  async screenshot(name: string, of?: Locator): Promise<Buffer> {
    const folder = join(root, "docs", "images");
    const keep = Boolean(process.env["POLYPROC_SCREENSHOTS"]);
    if (keep) mkdirSync(folder, { recursive: true });
    // Nothing is pointed at.
    await this.page.mouse.move(0, 0);
    const options = {
      animations: "disabled",
      caret: "hide",
      ...(keep ? { path: join(folder, `${name}-${this.#theme.replace(" ", "-")}.png`) } : {}),
    } as const;
    return of ? of.screenshot(options) : this.page.screenshot(options);
  }
}

/** Monaco's lines, in the order in which they are shown. */
async function linesOf(editor: Locator): Promise<string[]> {
  const lines = await editor
    .first()
    .locator(".view-line")
    .evaluateAll((all) =>
      all
        .map((line) => ({ text: line.textContent ?? "", top: line.getBoundingClientRect().top }))
        .sort((a, b) => a.top - b.top)
        .map(({ text }) => text),
    );
  return lines.map((line) => line.replaceAll("\u00a0", " ").trimEnd());
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
