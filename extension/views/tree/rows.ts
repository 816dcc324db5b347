import { looksAlike, type TreeNode } from "./tree-node.js";

/** The rows to redraw, with their children; `everything` if rows of the first level were added or removed. */
export type Changes = "everything" | readonly string[];

/** The rows of a tree that the editor has, and the difference to a new state. */
export class Rows {
  #roots: readonly TreeNode[] = [];
  #byId = new Map<string, TreeNode>();
  #parents = new Map<string, string>();

  get roots(): readonly TreeNode[] {
    return this.#roots;
  }

  get(id: string): TreeNode | undefined {
    return this.#byId.get(id);
  }

  /** Undefined for a row of the first level. */
  parentOf(id: string): string | undefined {
    return this.#parents.get(id);
  }

  replace(roots: readonly TreeNode[]): Changes {
    const before = this.#roots;
    this.#roots = roots;
    this.#byId = new Map();
    this.#parents = new Map();
    this.#index(roots, undefined);
    if (!sameIds(before, roots)) return "everything";
    const changed: string[] = [];
    compare(before, roots, changed);
    return changed;
  }

  #index(nodes: readonly TreeNode[], parent: string | undefined): void {
    for (const node of nodes) {
      this.#byId.set(node.id, node);
      if (parent !== undefined) this.#parents.set(node.id, parent);
      this.#index(node.children, node.id);
    }
  }
}

/** Both lists have the same ids. A row that is redrawn includes its children, so they are not compared. */
function compare(before: readonly TreeNode[], after: readonly TreeNode[], changed: string[]): void {
  after.forEach((node, i) => {
    const old = before[i]!;
    if (!looksAlike(old, node) || !sameIds(old.children, node.children)) changed.push(node.id);
    else compare(old.children, node.children, changed);
  });
}

function sameIds(a: readonly TreeNode[], b: readonly TreeNode[]): boolean {
  return a.length === b.length && a.every((node, i) => node.id === b[i]!.id);
}
