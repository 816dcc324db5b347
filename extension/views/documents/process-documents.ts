import * as vscode from "vscode";
import type { ProcessInfo } from "../../../protocol/process.js";
import type { Rpc, Server } from "../../connection/rpc.js";
import type { Model } from "../../model/model.js";
import { rowText } from "../amounts.js";
import { partyOf, partyText } from "../names.js";
import { FollowedOutput } from "./followed-output.js";
import { readOutput } from "./read-output.js";
import { stackLinks } from "./stack-links.js";
import { whyEnded } from "./why-ended.js";

const scheme = "polyproc-process";
/** Between two looks at the output of a process that is shown. */
const followMs = 500;

/** Read-only documents about processes: what one wrote, followed while it is shown, and why one ended. */
export class ProcessDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #model: Model;
  readonly #server: Server;
  readonly #changes = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.#changes.event;
  readonly #outputs = new Map<string, FollowedOutput>();
  readonly #pages = new Map<string, string>();
  readonly #subscriptions: vscode.Disposable[];
  /** Documents that are shown at their end, which they are kept at. */
  readonly #atEnd = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(model: Model, server: Server) {
    this.#model = model;
    this.#server = server;
    this.#subscriptions = [
      vscode.workspace.registerTextDocumentContentProvider(scheme, this),
      vscode.languages.registerDocumentLinkProvider({ scheme }, stackLinks),
      vscode.window.onDidChangeVisibleTextEditors(() => this.#watch()),
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.#stayAtEnd(document)),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        this.#outputs.delete(uri.toString());
        this.#pages.delete(uri.toString());
      }),
    ];
  }

  /** Opens what the process wrote, and follows it. */
  async showOutput(process: ProcessInfo): Promise<void> {
    const uri = this.#uri(process.process, "output", `${titleOf(process)} output.log`);
    const key = uri.toString();
    if (!this.#outputs.has(key)) this.#outputs.set(key, new FollowedOutput(process, this.#model, this.#connected));
    const document = await vscode.workspace.openTextDocument(uri);
    const editor = await vscode.window.showTextDocument(document, { preview: true });
    revealEnd(editor);
    this.#watch();
  }

  /** Opens a page that says why the process ended. */
  async showWhyEnded(process: ProcessInfo): Promise<void> {
    const rpc = this.#connected();
    const startedBy =
      process.parent === null
        ? partyText(partyOf(process.session, this.#known()))
        : (this.#model.processes.get(process.parent)?.name ?? "a process that has ended");
    // Without the server, or without its memory of the process, the rest is still worth reading.
    const output = rpc === null ? null : await readOutput(rpc, process, 0, this.#model.pools).catch(() => null);
    const text = whyEnded(process, output?.lines ?? null, startedBy);
    await this.showPage("end", `Why ${titleOf(process)} ended.txt`, process.process, text);
  }

  /** Opens a page, or replaces the one of the same kind about the same thing. */
  async showPage(kind: "end" | "stack", title: string, about: string, text: string): Promise<void> {
    const uri = this.#uri(about, kind, rowText(title, 80).replaceAll(/[/\\]/g, "∕"));
    this.#pages.set(uri.toString(), text);
    this.#changes.fire(uri);
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: true });
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const key = uri.toString();
    const page = this.#pages.get(key);
    if (page !== undefined) return page;
    const output = this.#outputs.get(key);
    if (!output)
      return (
        "This is no longer known: it was shown before the window was reloaded. " +
        "Open it again from the Active Children view.\n"
      );
    await output.read();
    return output.text;
  }

  dispose(): void {
    clearInterval(this.#timer);
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#changes.dispose();
  }

  /** Looks again at all that is shown, as long as something is shown that may grow. */
  #watch(): void {
    const growing = this.#growing();
    if (growing.length > 0) this.#timer ??= setInterval(() => void this.#follow(), followMs);
    else {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  async #follow(): Promise<void> {
    for (const [editor, output] of this.#growing()) {
      const { uri, lineCount } = editor.document;
      const last = editor.visibleRanges.at(-1)?.end.line ?? 0;
      if (!(await output.read())) continue;
      if (last >= lineCount - 2) this.#atEnd.add(uri.toString());
      this.#changes.fire(uri);
    }
    this.#watch();
  }

  #growing(): [vscode.TextEditor, FollowedOutput][] {
    return vscode.window.visibleTextEditors.flatMap((editor): [vscode.TextEditor, FollowedOutput][] => {
      const output = this.#outputs.get(editor.document.uri.toString());
      return output && !output.ended ? [[editor, output]] : [];
    });
  }

  #stayAtEnd(document: vscode.TextDocument): void {
    if (document.uri.scheme !== scheme || !this.#atEnd.delete(document.uri.toString())) return;
    for (const editor of vscode.window.visibleTextEditors) if (editor.document === document) revealEnd(editor);
  }

  #uri(about: string, kind: string, title: string): vscode.Uri {
    const { state } = this.#server;
    // Handles of another server mean other processes.
    const server = state.kind === "connected" ? state.rpc.facts.instanceId : "none";
    return vscode.Uri.from({ scheme, path: `/${kind}/${title}`, query: `${server}/${about}` });
  }

  #known() {
    return { known: this.#model, ownSession: this.#connected()?.facts.session ?? null };
  }

  readonly #connected = (): Rpc | null => (this.#server.state.kind === "connected" ? this.#server.state.rpc : null);
}

function titleOf({ name, pid }: ProcessInfo): string {
  return rowText(`${name}${pid === null ? "" : ` (${pid})`}`, 60).replaceAll(/[/\\]/g, "∕");
}

function revealEnd(editor: vscode.TextEditor): void {
  const end = editor.document.lineAt(editor.document.lineCount - 1).range.end;
  editor.revealRange(new vscode.Range(end, end));
}
