import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import type { Parts } from "../parts.js";
import type { Run } from "../runs/run.js";
import { saveDocuments } from "../runs/save-documents.js";
import { copyResults } from "./copy-results.js";
import type { FromPage, ToPage } from "./messages.js";
import { openPlace, openRowFile } from "./open-place.js";
import { pageHtml } from "./page-html.js";
import { openResultText } from "./result-documents.js";
import { RunFeed } from "./run-feed.js";

export const viewType = "polyproc.results";

export interface PanelParts extends Pick<Parts, "context" | "log" | "runs"> {
  /** Shows another run, which a panel has started. */
  show(run: Run): void;
}

/**
 * The editor tab with the results of one run. Its page exists only while it is visible; when it is shown again, it gets
 * all rows again.
 */
export class ResultsPanel implements vscode.Disposable {
  readonly panel: vscode.WebviewPanel;
  readonly #parts: PanelParts;
  #run: Run | null = null;
  #feed: RunFeed | null = null;
  #pageIsThere = false;
  /** The messages for a page that has loaded. */
  #first: ToPage[] = [];
  #gone: string | null = null;
  /** Rows that the menu is for. */
  #menu: readonly number[] = [];

  constructor(panel: vscode.WebviewPanel, parts: PanelParts) {
    this.panel = panel;
    this.#parts = parts;
    const folder = vscode.Uri.joinPath(parts.context.extensionUri, "dist", "results");
    panel.webview.options = { enableScripts: true, localResourceRoots: [folder] };
    const icon = (theme: string) =>
      vscode.Uri.joinPath(parts.context.extensionUri, "extension", "images", `results-${theme}.svg`);
    panel.iconPath = { light: icon("light"), dark: icon("dark") };
    panel.webview.onDidReceiveMessage((message: FromPage) => this.#receive(message));
    panel.onDidChangeViewState(() => {
      if (!panel.visible) this.#pageEnded();
    });
    panel.webview.html = pageHtml({
      cspSource: panel.webview.cspSource,
      nonce: randomBytes(16).toString("hex"),
      script: String(panel.webview.asWebviewUri(vscode.Uri.joinPath(folder, "webview.js"))),
      style: String(panel.webview.asWebviewUri(vscode.Uri.joinPath(folder, "webview.css"))),
      language: vscode.env.language,
      texts: (vscode.l10n.bundle ?? {}) as Record<string, string>,
    });
  }

  get run(): Run | null {
    return this.#run;
  }

  /** Shows this run from now on. */
  adopt(run: Run): void {
    if (this.#run === run) return;
    this.#run = run;
    this.#gone = null;
    this.panel.title = run.request.name;
    if (this.#pageIsThere) this.#feedPage();
  }

  /** Says why there is nothing to show. */
  fail(text: string): void {
    this.#gone = text;
    this.#tell({ type: "gone", text });
  }

  /** The rows that a command of this row's menu is for. */
  chosen(index: number): readonly number[] {
    return this.#menu.includes(index) ? this.#menu : [index];
  }

  /** Runs these items once more, and shows that. */
  async again(indexes: readonly number[]): Promise<void> {
    if (!this.#run || indexes.length === 0 || !(await saveDocuments())) return;
    this.#parts.show(await this.#parts.runs.again(this.#run, indexes));
  }

  focus(part: "table" | "timeline", index?: number): void {
    this.#tell({ type: "focus", part, index });
  }

  dispose(): void {
    this.#pageEnded();
  }

  /** Sends a message to the page. While the page loads, the message waits for it. */
  #tell(message: ToPage): void {
    if (this.#pageIsThere) void this.panel.webview.postMessage(message);
    else this.#first.push(message);
  }

  #pageEnded(): void {
    this.#pageIsThere = false;
    this.#feed?.dispose();
    this.#feed = null;
  }

  #feedPage(): void {
    this.#feed?.dispose();
    this.#feed = null;
    if (!this.#run) return;
    this.#feed = new RunFeed(
      this.#run,
      async (message) => this.panel.webview.postMessage(message),
      (error) => this.#parts.log.error(error instanceof Error ? error : String(error)),
    );
  }

  #receive(message: FromPage): void {
    if (message.type === "ready") {
      this.#pageIsThere = true;
      this.#feedPage();
      if (this.#gone !== null) void this.panel.webview.postMessage({ type: "gone", text: this.#gone } satisfies ToPage);
      for (const first of this.#first.splice(0)) void this.panel.webview.postMessage(first);
      return;
    }
    const run = this.#run;
    if (!run) return;
    this.#do(run, message).catch((error: unknown) => {
      this.#parts.log.error(error instanceof Error ? error : String(error));
      void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
    });
  }

  async #do(run: Run, message: Exclude<FromPage, { type: "ready" }>): Promise<void> {
    switch (message.type) {
      case "look":
        return this.#feed?.look(message.index);
      case "menu":
        this.#menu = message.indexes;
        return;
      case "openFile":
        return openRowFile(run, message.index);
      case "openPlace":
        return openPlace(run, message.index, message.place);
      case "openText":
        return openResultText(run, message.index, message.what);
      case "copy":
        return copyResults(run, message.indexes);
      case "cancel":
        return run.cancel(message.indexes ?? undefined);
      case "rerun":
        return this.again(message.indexes);
      case "rerunFailed":
        return this.again(
          run.rows.filter(({ state }) => state === "failed" || state === "lost").map(({ index }) => index),
        );
    }
  }
}
