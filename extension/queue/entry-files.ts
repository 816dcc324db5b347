import * as vscode from "vscode";
import type { BatchEntryInfo } from "../../protocol/batch.js";
import type { QueueLink } from "./queue-link.js";
import { t } from "../l10n.js";

const scheme = "polyproc-queue";

/** Entries of the queue as JSON documents. Saving one changes the entry; the server checks it. */
export class EntryFiles implements vscode.FileSystemProvider {
  readonly #link: Pick<QueueLink, "use">;
  readonly #changes = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.#changes.event;
  readonly #shown = new Map<string, { text: Uint8Array; at: number }>();

  constructor(link: Pick<QueueLink, "use">) {
    this.#link = link;
  }

  register(): vscode.Disposable {
    return vscode.Disposable.from(
      this.#changes,
      vscode.workspace.registerFileSystemProvider(scheme, this, { isCaseSensitive: true }),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        if (uri.scheme === scheme) this.#shown.delete(uri.path);
      }),
    );
  }

  async open(entry: number): Promise<void> {
    const uri = vscode.Uri.from({ scheme, path: `/Queue entry ${entry}.json` });
    await this.#read(uri);
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri));
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const { text, at } = this.#shown.get(uri.path) ?? (await this.#read(uri));
    return { type: vscode.FileType.File, ctime: 0, mtime: at, size: text.length };
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    return (this.#shown.get(uri.path) ?? (await this.#read(uri))).text;
  }

  async writeFile(uri: vscode.Uri, content: Uint8Array): Promise<void> {
    const entry = numberOf(uri);
    let changes: unknown;
    try {
      changes = JSON.parse(new TextDecoder().decode(content));
    } catch (error) {
      throw vscode.FileSystemError.Unavailable(
        t("nothing was changed: that is not JSON: {0}", (error as Error).message),
      );
    }
    if (typeof changes !== "object" || changes === null || Array.isArray(changes))
      throw vscode.FileSystemError.Unavailable(t("nothing was changed: an entry is a JSON object"));
    try {
      const { entry: now } = await this.#link.use((rpc) => rpc.request("batch/edit", { ...changes, entry }));
      this.#keep(uri, now);
    } catch (error) {
      throw vscode.FileSystemError.Unavailable(error instanceof Error ? error.message : String(error));
    }
    this.#changes.fire([{ type: vscode.FileChangeType.Changed, uri }]);
  }

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => {});
  }

  readDirectory(): [string, vscode.FileType][] {
    return [];
  }

  createDirectory(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  delete(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  rename(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  async #read(uri: vscode.Uri): Promise<{ text: Uint8Array; at: number }> {
    const number = numberOf(uri);
    const { entries } = await this.#link.use((rpc) => rpc.request("batch/list", {}));
    const entry = entries.find((each) => each.entry === number);
    if (!entry) throw vscode.FileSystemError.FileNotFound(uri);
    return this.#keep(uri, entry);
  }

  #keep(uri: vscode.Uri, { command, cwd, name, group, priority, after, notBefore, hook }: BatchEntryInfo) {
    const editable = { command, cwd, name, group, priority, after, notBefore, hook };
    const text = new TextEncoder().encode(`${JSON.stringify(editable, null, 2)}\n`);
    const shown = { text, at: Date.now() };
    this.#shown.set(uri.path, shown);
    return shown;
  }
}

function numberOf(uri: vscode.Uri): number {
  return Number(/(\d+)\.json$/.exec(uri.path)?.[1] ?? Number.NaN);
}
