import * as vscode from "vscode";

/** Milliseconds between two updates of the texts that are shown. */
const followMs = 500;

/** A text that may grow. */
export interface FollowedText {
  readonly text: string;
  /** Nothing will follow. */
  readonly ended: boolean;
  /** Updates the text. Resolves with whether it has changed; never rejects. A call during an update gets its result. */
  read(): Promise<boolean>;
}

/** Read-only documents of one scheme, each with a text that is read again while it is shown. */
export class FollowedDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #scheme: string;
  readonly #forgotten: string;
  readonly #changes = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.#changes.event;
  readonly #texts = new Map<string, FollowedText>();
  readonly #subscriptions: vscode.Disposable[];
  /** Documents that are scrolled to their end, and stay there when their text grows. */
  readonly #atEnd = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  /** `forgotten`: the content of a document that was shown before the window was reloaded. */
  constructor(scheme: string, forgotten: string) {
    this.#scheme = scheme;
    this.#forgotten = forgotten;
    this.#subscriptions = [
      vscode.workspace.registerTextDocumentContentProvider(scheme, this),
      vscode.window.onDidChangeVisibleTextEditors(() => this.#watch()),
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.#stayAtEnd(document)),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.#texts.delete(uri.toString())),
    ];
  }

  /** The text of this document, if it is open. */
  get(uri: vscode.Uri): FollowedText | undefined {
    return this.#texts.get(uri.toString());
  }

  /** Opens the document with this text at its end, and follows it. */
  async show(uri: vscode.Uri, text: FollowedText): Promise<void> {
    const isNew = this.get(uri) !== text;
    this.#texts.set(uri.toString(), text);
    if (isNew) this.#changes.fire(uri);
    const document = await vscode.workspace.openTextDocument(uri);
    const editor = await vscode.window.showTextDocument(document, { preview: true });
    if (!text.ended) revealEnd(editor);
    this.#watch();
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const text = this.get(uri);
    if (!text) return this.#forgotten;
    await text.read();
    return text.text;
  }

  dispose(): void {
    clearInterval(this.#timer);
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#changes.dispose();
  }

  /** Looks again at all that is shown, as long as something is shown that may grow. */
  #watch(): void {
    if (this.#growing().length > 0) this.#timer ??= setInterval(() => void this.#follow(), followMs);
    else {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  async #follow(): Promise<void> {
    for (const [editor, text] of this.#growing()) {
      const { uri, lineCount } = editor.document;
      const last = editor.visibleRanges.at(-1)?.end.line ?? 0;
      if (!(await text.read())) continue;
      if (last >= lineCount - 2) this.#atEnd.add(uri.toString());
      this.#changes.fire(uri);
    }
    this.#watch();
  }

  #growing(): [vscode.TextEditor, FollowedText][] {
    return vscode.window.visibleTextEditors.flatMap((editor): [vscode.TextEditor, FollowedText][] => {
      const text = this.get(editor.document.uri);
      return text && !text.ended ? [[editor, text]] : [];
    });
  }

  #stayAtEnd(document: vscode.TextDocument): void {
    if (document.uri.scheme !== this.#scheme || !this.#atEnd.delete(document.uri.toString())) return;
    for (const editor of vscode.window.visibleTextEditors) if (editor.document === document) revealEnd(editor);
  }
}

function revealEnd(editor: vscode.TextEditor): void {
  const end = editor.document.lineAt(editor.document.lineCount - 1).range.end;
  editor.revealRange(new vscode.Range(end, end));
}
