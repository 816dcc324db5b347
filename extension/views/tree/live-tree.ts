import * as vscode from "vscode";
import { Rows } from "./rows.js";
import { treeItem, tooltipOf } from "./tree-item.js";
import type { TreeNode } from "./tree-node.js";

/**
 * Least time between two refreshes. The editor collects a tree's changes until none has come for 200 ms. A tree that
 * reports changes more often is never redrawn.
 */
const betweenRefreshesMs = 400;
/** Ages grow. */
const tickMs = 1000;

/**
 * A tree whose rows are built anew after each change; only changed rows are reported to the editor. Its elements are
 * ids, so that the editor, commands and other extensions can name a row without having the object. A hidden tree builds
 * nothing.
 */
export class LiveTree implements vscode.TreeDataProvider<string>, vscode.Disposable {
  readonly view: vscode.TreeView<string>;
  readonly #build: () => readonly TreeNode[];
  readonly #rows = new Rows();
  readonly #changes = new vscode.EventEmitter<string[] | undefined>();
  readonly onDidChangeTreeData = this.#changes.event;
  readonly #listening: vscode.Disposable;
  #refreshedAt = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #ticking: NodeJS.Timeout | undefined;
  #stale = true;

  /** `onVisible` is called whenever the view is shown or hidden. */
  constructor(viewId: string, build: () => readonly TreeNode[], onVisible: (visible: boolean) => void) {
    this.#build = build;
    this.view = vscode.window.createTreeView(viewId, {
      treeDataProvider: this,
      canSelectMany: true,
      showCollapseAll: true,
    });
    const shown = (visible: boolean) => {
      clearInterval(this.#ticking);
      if (visible) {
        this.#ticking = setInterval(() => this.update(), tickMs);
        this.update();
      }
      onVisible(visible);
    };
    this.#listening = this.view.onDidChangeVisibility(({ visible }) => shown(visible));
    if (this.view.visible) shown(true);
  }

  /** Something changed. */
  update(): void {
    this.#stale = true;
    if (!this.view.visible || this.#timer !== undefined) return;
    const waitMs = this.#refreshedAt + betweenRefreshesMs - performance.now();
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#refresh();
      },
      Math.max(0, waitMs),
    );
  }

  /** The row in its last shown state. */
  node(id: string): TreeNode | undefined {
    return this.#rows.get(id);
  }

  /** Shows the row and selects it; nothing happens when there is none. */
  async reveal(id: string): Promise<void> {
    this.#refresh();
    if (this.#rows.get(id)) await this.view.reveal(id, { select: true, focus: true, expand: true });
  }

  getTreeItem(id: string): vscode.TreeItem {
    const node = this.#rows.get(id);
    // It went away between the editor's two questions; the next refresh takes the row away.
    return node ? treeItem(node) : new vscode.TreeItem("");
  }

  getChildren(id?: string): string[] {
    if (id !== undefined) return (this.#rows.get(id)?.children ?? []).map((node) => node.id);
    if (this.#stale) this.#rebuild();
    return this.#rows.roots.map((node) => node.id);
  }

  getParent(id: string): string | undefined {
    return this.#rows.parentOf(id);
  }

  resolveTreeItem(item: vscode.TreeItem, id: string): vscode.TreeItem {
    const node = this.#rows.get(id);
    if (node) item.tooltip = tooltipOf(node);
    return item;
  }

  dispose(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#ticking);
    this.#listening.dispose();
    this.view.dispose();
    this.#changes.dispose();
  }

  #refresh(): void {
    const changes = this.#rebuild();
    this.#refreshedAt = performance.now();
    if (changes === "everything") this.#changes.fire(undefined);
    else if (changes.length > 0) this.#changes.fire([...changes]);
  }

  #rebuild(): ReturnType<Rows["replace"]> {
    this.#stale = false;
    return this.#rows.replace(this.#build());
  }
}
