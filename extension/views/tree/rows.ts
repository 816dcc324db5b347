import { looksAlike, type TreeNode } from "./tree-node.js";

/**
 * Which rows have to be drawn again, with what is below them; `everything` when rows of the first level came or went.
 */
export type Changes = "everything" | readonly string[];

/** The rows of a tree as they were told to the editor, and what changes when a new state comes. */
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

/**
 * Both lists have the same ids. A row that is drawn again takes along what is below it, so nothing is looked for there.
 */
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
