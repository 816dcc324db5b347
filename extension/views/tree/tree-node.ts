/** The object of a row, for actions. */
export type About =
  | { kind: "process"; process: string }
  | { kind: "pool"; pool: string }
  /** The processes of one session; null: of disconnected clients. */
  | { kind: "client"; session: string | null }
  /** A process that the server did not start itself. */
  | { kind: "pid"; pid: number }
  /** `session`: one party of the cycle. */
  | { kind: "deadlock"; deadlock: string; session: string | null }
  /** An entry or a group of the user's batch queue. */
  | { kind: "entry"; entry: number }
  | { kind: "queueGroup"; group: string }
  /** A host of the cluster. Its processes have pids there, so no row has one: nothing is signalled by number. */
  | { kind: "host"; host: string }
  | { kind: "nothing" };

/** An icon of the product's set, in a colour of the theme's. */
export interface Icon {
  id: string;
  color?: string;
}

/** A line of a tooltip. */
export type Detail = readonly [name: string, value: string];

/** The current state of a row. Rows with the same id stand for the same object. */
export interface TreeNode {
  readonly id: string;
  readonly label: string;
  /** Beside the label, dimmed. If it alone changes, the row is drawn again after some seconds only. */
  readonly description: string;
  readonly icon: Icon;
  /**
   * The text for screen readers. It omits values that change with time alone, because they would be announced again
   * each time.
   */
  readonly spoken: string;
  /** Words for `viewItem` in the `when` of menus. */
  readonly context: string;
  readonly about: About;
  readonly children: readonly TreeNode[];
  /** Whether the row is expanded when it appears. */
  readonly open: boolean;
  /** Called only when the user points at the row. */
  readonly details: () => readonly Detail[];
}

/**
 * The id by which the editor knows a row. The editor remembers for an id whether it is collapsed, and a row without
 * children counts as collapsed. So a row that is to be expanded gets another id with its first child.
 */
export function editorId({ id, open, children }: TreeNode): string {
  return open && children.length > 0 ? `${id} open` : id;
}

/** Whether two versions of one row differ at most in their figures: ages, counts, CPU, memory. */
export function sameState(a: TreeNode, b: TreeNode): boolean {
  return (
    a.label === b.label &&
    a.icon.id === b.icon.id &&
    a.icon.color === b.icon.color &&
    a.context === b.context &&
    a.children.length > 0 === b.children.length > 0
  );
}

export function sameFigures(a: TreeNode, b: TreeNode): boolean {
  return a.description === b.description && a.spoken === b.spoken;
}
