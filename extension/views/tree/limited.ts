import type { TreeNode } from "./tree-node.js";
import { t } from "../../l10n.js";

/** Most rows below one row. They can still be drawn several times a second. */
export const mostRows = 100;

/** The first rows, and a last row with the number of the others. `make` is called only for the rows that are shown. */
export function limited<T>(parent: string, all: readonly T[], make: (one: T) => TreeNode): TreeNode[] {
  if (all.length <= mostRows) return all.map(make);
  const left = all.length - mostRows;
  return [...all.slice(0, mostRows).map(make), moreRow(`${parent}/more`, left)];
}

function moreRow(id: string, left: number): TreeNode {
  const count = left.toLocaleString("en-US");
  return {
    id,
    label: t("… and {0} more", count),
    description: "",
    icon: { id: "ellipsis" },
    spoken: t("and {0} more that are not shown", count),
    context: "more",
    about: { kind: "nothing" },
    children: [],
    open: false,
    details: () => [[t("Not shown"), t("{0}, to keep the tree quick", count)]],
  };
}
