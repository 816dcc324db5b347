import type { Usage } from "../../../protocol/process.js";
import { formatBytes } from "../../../protocol/bytes.js";
import { cpuText, joined, rowText } from "../amounts.js";
import type { TreeNode } from "../tree/tree-node.js";
import { t } from "../../l10n.js";

type Descendant = Usage["descendants"][number];

/**
 * Processes that the server did not start itself, below their ancestor that it did start. Those whose parent has ended
 * come first.
 */
export function descendantRows(process: string, all: readonly Descendant[]): TreeNode[] {
  const byParent = new Map<number, Descendant[]>();
  const pids = new Set(all.map((one) => one.pid));
  const first: Descendant[] = [];
  for (const one of all) {
    // Its own parent: the list was read while pids were given anew.
    if (!pids.has(one.parentPid) || one.parentPid === one.pid) first.push(one);
    else byParent.set(one.parentPid, [...(byParent.get(one.parentPid) ?? []), one]);
  }
  const seen = new Set<number>();
  const row = (one: Descendant): TreeNode[] => {
    if (seen.has(one.pid)) return [];
    seen.add(one.pid);
    const label = programName(one.command);
    return [
      {
        id: `${process}/pid/${one.pid}`,
        label,
        description: joined(`pid ${one.pid}`, cpuText(one.cpuPercent), formatBytes(one.memoryBytes)),
        icon: { id: "circle-small-filled", color: "descriptionForeground" },
        spoken: t("{0}, descendant, pid {1}", label, one.pid),
        context: "descendant",
        about: { kind: "pid", pid: one.pid },
        children: (byParent.get(one.pid) ?? []).flatMap(row),
        open: true,
        details: () => [
          [t("Command"), one.command],
          [t("Pid"), String(one.pid)],
          [t("Parent"), String(one.parentPid)],
          ["CPU", t("{0} of one core", cpuText(one.cpuPercent))],
          [t("Memory"), t("{0} resident", formatBytes(one.memoryBytes))],
          [t("Note"), t("Not started by the server: it ends with the process above it.")],
        ],
      },
    ];
  };
  return first.flatMap(row);
}

/** `/usr/bin/sleep 60` is `sleep 60`. */
function programName(command: string): string {
  const [program = "", ...rest] = command.split(" ");
  return rowText([program.slice(program.lastIndexOf("/") + 1) || program, ...rest].join(" "), 48);
}
