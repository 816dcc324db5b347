import { editorId, sameFigures, sameState, type TreeNode } from "./tree-node.js";

/** The rows to redraw, with their children; `everything` if rows of the first level were added, removed or renamed. */
export type Changes = "everything" | readonly string[];

/** The rows of a tree, and what the editor has drawn of them. Rows that it has not asked for are never reported. */
export class Rows {
  #roots: readonly TreeNode[] = [];
  #byId = new Map<string, TreeNode>();
  #parents = new Map<string, string>();
  /** The state in which the editor has each row. */
  readonly #drawn = new Map<string, TreeNode>();
  /** The children of each row that the editor has; of `null`: the first level. */
  readonly #given = new Map<string | null, readonly string[]>();

  get(id: string): TreeNode | undefined {
    return this.#byId.get(id);
  }

  /** Undefined for a row of the first level. */
  parentOf(id: string): string | undefined {
    return this.#parents.get(id);
  }

  replace(roots: readonly TreeNode[]): void {
    this.#roots = roots;
    this.#byId = new Map();
    this.#parents = new Map();
    this.#index(roots, undefined);
  }

  /** The row, which the editor draws now. */
  draw(id: string): TreeNode | undefined {
    const node = this.#byId.get(id);
    if (node) this.#drawn.set(id, node);
    return node;
  }

  /** Ids of the rows below this one, or of the first level, which the editor draws now. */
  drawBelow(id?: string): string[] {
    const ids = (id === undefined ? this.#roots : (this.#byId.get(id)?.children ?? [])).map((node) => node.id);
    this.#given.set(id ?? null, ids);
    return ids;
  }

  /**
   * The rows that the editor must draw anew; it will ask for them. `figures`: also those of which only the figures
   * changed, such as ages.
   */
  takeChanges(figures: boolean): Changes {
    const first = this.#given.get(null);
    if (!first) return [];
    const changed: string[] = [];
    if (!sameIds(first, this.#roots) || this.#compare(this.#roots, figures, changed)) {
      this.#drawn.clear();
      this.#given.clear();
      return "everything";
    }
    for (const id of changed) this.#forget(id);
    return changed;
  }

  /** True: the editor must ask for these rows again, because one of them has another id there. */
  #compare(nodes: readonly TreeNode[], figures: boolean, changed: string[]): boolean {
    for (const node of nodes) {
      const old = this.#drawn.get(node.id);
      if (!old) continue;
      if (editorId(old) !== editorId(node)) return true;
      const below = this.#given.get(node.id);
      if (
        !sameState(old, node) ||
        (below !== undefined && !sameIds(below, node.children)) ||
        (figures && !sameFigures(old, node))
      )
        // The editor draws the children with it, so they need no comparison.
        changed.push(node.id);
      else {
        const before = changed.length;
        if (!this.#compare(node.children, figures, changed)) continue;
        changed.length = before;
        changed.push(node.id);
      }
    }
    return false;
  }

  #forget(id: string): void {
    this.#drawn.delete(id);
    for (const below of this.#given.get(id) ?? []) this.#forget(below);
    this.#given.delete(id);
  }

  #index(nodes: readonly TreeNode[], parent: string | undefined): void {
    for (const node of nodes) {
      this.#byId.set(node.id, node);
      if (parent !== undefined) this.#parents.set(node.id, parent);
      this.#index(node.children, node.id);
    }
  }
}

function sameIds(ids: readonly string[], nodes: readonly TreeNode[]): boolean {
  return ids.length === nodes.length && ids.every((id, i) => id === nodes[i]!.id);
}
