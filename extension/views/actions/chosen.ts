import type { ProcessInfo } from "../../../protocol/process.js";
import type { Model } from "../../model/model.js";
import type { About, TreeNode } from "../tree/tree-node.js";

/**
 * The rows that a command was called for: the tree passes the clicked row, and all selected rows if the clicked row is
 * selected.
 */
export function chosenRows(clicked: unknown, selected: unknown): string[] {
  const ids = Array.isArray(selected) && selected.length > 0 ? selected : [clicked];
  return ids.filter((id) => typeof id === "string");
}

/** The object of a row. A handle of a process or a pool stands for itself, even if no row shows it. */
export function aboutOf(
  id: string,
  nodes: (id: string) => TreeNode | undefined,
  model: Pick<Model, "processes" | "pools" | "deadlocks">,
): About {
  if (model.processes.has(id)) return { kind: "process", process: id };
  if (model.pools.has(id)) return { kind: "pool", pool: id };
  if (model.deadlocks.has(id)) return { kind: "deadlock", deadlock: id, session: null };
  return nodes(id)?.about ?? { kind: "nothing" };
}

/** The chosen processes, including those of parties of a deadlock. */
export function processesOf(
  abouts: readonly About[],
  model: Pick<Model, "processes" | "deadlocks" | "sessions">,
): ProcessInfo[] {
  const handles = abouts.map((about) => {
    if (about.kind === "process") return about.process;
    return about.kind === "deadlock" && about.session !== null ? model.sessions.get(about.session)?.process : null;
  });
  return [...new Set(handles)].flatMap((handle) => (handle ? (model.processes.get(handle) ?? []) : []));
}
