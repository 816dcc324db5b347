import * as vscode from "vscode";
import type { PoolInfo } from "../../../protocol/pool.js";
import type { ProcessInfo } from "../../../protocol/process.js";
import { joined } from "../amounts.js";
import { stateText } from "../children/process-row.js";
import { poolName, processName, runningItem } from "../names.js";
import { snapshotOf } from "../snapshot-of.js";
import type { About } from "../tree/tree-node.js";
import type { ViewParts } from "../view-parts.js";
import { aboutOf, chosenRows, processesOf } from "./chosen.js";
import { t } from "../../l10n.js";

/** The rows that a command is for. */
export function chosenAbouts(parts: ViewParts, args: readonly unknown[]): About[] {
  return chosenRows(args[0], args[1]).map((id) =>
    aboutOf(id, (row) => parts.children.node(row) ?? parts.sync.node(row), parts.model),
  );
}

/** The processes that a command is for. Asks if there are none, as from the palette. Empty if the user cancels. */
export async function chooseProcesses(
  parts: ViewParts,
  args: readonly unknown[],
  title: string,
  fits: (process: ProcessInfo) => boolean,
  several: boolean,
): Promise<ProcessInfo[]> {
  if (args[0] !== undefined) {
    const all = processesOf(chosenAbouts(parts, args), parts.model).filter(fits);
    return several ? all : all.slice(0, 1);
  }
  const snapshot = snapshotOf(parts);
  const items = [...parts.model.processes.values()]
    .filter((process) => process.role !== "host" && fits(process))
    .map((process) => ({
      label: processName(process, snapshot),
      description: joined(
        stateText(process, runningItem(process, snapshot)),
        process.pid !== null && `pid ${process.pid}`,
      ),
      detail: process.target,
      process,
    }));
  if (items.length === 0) {
    void vscode.window.showInformationMessage(t("{0}: no process matches.", title));
    return [];
  }
  const options = {
    title,
    matchOnDescription: true,
    matchOnDetail: true,
    placeHolder: several ? t("Which processes?") : t("Which process?"),
  };
  if (several)
    return ((await vscode.window.showQuickPick(items, { ...options, canPickMany: true })) ?? []).map(
      ({ process }) => process,
    );
  const chosen = await vscode.window.showQuickPick(items, options);
  return chosen ? [chosen.process] : [];
}

/** The pools that a command was called for, otherwise the pool that the user chooses. */
export async function choosePools(parts: ViewParts, args: readonly unknown[], title: string): Promise<PoolInfo[]> {
  if (args[0] !== undefined) {
    return chosenAbouts(parts, args).flatMap((about) =>
      about.kind === "pool" ? (parts.model.pools.get(about.pool) ?? []) : [],
    );
  }
  const snapshot = snapshotOf(parts);
  const items = [...parts.model.pools.values()]
    .filter((pool) => pool.state === "running" || pool.workers > 0)
    .map((pool) => ({
      label: poolName(pool, snapshot),
      description: t("{0} busy, {1} queued", pool.busy, pool.queued),
      pool,
    }));
  const chosen = await vscode.window.showQuickPick(items, { title, placeHolder: t("Which pool?") });
  return chosen ? [chosen.pool] : [];
}
