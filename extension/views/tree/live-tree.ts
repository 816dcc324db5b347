import * as vscode from "vscode";
import { Redraw } from "./redraw.js";
import { Rows } from "./rows.js";
import { treeItem, tooltipOf } from "./tree-item.js";
import type { TreeNode } from "./tree-node.js";

/**
 * A tree whose rows are built anew after each change; only changed rows are reported to the editor. Its elements are
 * ids, so that the editor, commands and other extensions can name a row without having the object. A hidden tree builds
 * nothing.
 */
export class LiveTree implements vscode.TreeDataProvider<string>, vscode.Disposable {
  readonly view: vscode.TreeView<string>;
  readonly #rows = new Rows();
  readonly #redraw: Redraw;
  readonly #changes = new vscode.EventEmitter<string[] | undefined>();
  readonly onDidChangeTreeData = this.#changes.event;
  readonly #listening: vscode.Disposable;

  /** `onVisible` is called whenever the view is shown or hidden. */
  constructor(viewId: string, build: () => readonly TreeNode[], onVisible: (visible: boolean) => void) {
    this.#redraw = new Redraw({
      rows: this.#rows,
      build,
      tell: (changes) => this.#changes.fire(changes === "everything" ? undefined : [...changes]),
      clock: {
        now: () => performance.now(),
        after(ms, run) {
          const timer = setTimeout(run, ms);
          return () => clearTimeout(timer);
        },
      },
    });
    this.view = vscode.window.createTreeView(viewId, {
      treeDataProvider: this,
      canSelectMany: true,
      showCollapseAll: true,
    });
    const shown = (visible: boolean) => {
      this.#redraw.show(visible);
      onVisible(visible);
    };
    this.#listening = this.view.onDidChangeVisibility(({ visible }) => shown(visible));
    if (this.view.visible) shown(true);
  }

  /** Something changed. */
  update(): void {
    this.#redraw.update();
  }

  /** The row in its last shown state. */
  node(id: string): TreeNode | undefined {
    return this.#rows.get(id);
  }

  /** Shows the row and selects it; nothing happens when there is none. */
  async reveal(id: string): Promise<void> {
    this.#redraw.look();
    if (this.#rows.get(id)) await this.view.reveal(id, { select: true, focus: true, expand: true });
  }

  getTreeItem(id: string): vscode.TreeItem {
    const node = this.#rows.draw(id);
    // It went away between the editor's two questions; the next refresh takes the row away.
    return node ? treeItem(node) : new vscode.TreeItem("");
  }

  getChildren(id?: string): string[] {
    if (id === undefined) this.#redraw.freshen();
    return this.#rows.drawBelow(id);
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
    this.#redraw.dispose();
    this.#listening.dispose();
    this.view.dispose();
    this.#changes.dispose();
  }
}
