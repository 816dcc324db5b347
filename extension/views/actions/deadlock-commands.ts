import * as vscode from "vscode";
import type { DeadlockInfo } from "../../../protocol/events.js";
import { handleName } from "../names.js";
import { snapshotOf } from "../snapshot-of.js";
import { describeCycle, memberName } from "../sync/deadlock-row.js";
import type { Commands, ViewParts } from "../view-parts.js";
import { askServer } from "./ask-server.js";
import { chosenAbouts } from "./choose.js";
import { t } from "../../l10n.js";

export function deadlockCommands(parts: ViewParts): Commands {
  return { "polyproc.breakDeadlock": (...args) => breakDeadlock(parts, args) };
}

/** If called for a party, ends that party's wait. Otherwise the user chooses; Enter takes the wait that began last. */
async function breakDeadlock(parts: ViewParts, args: readonly unknown[]): Promise<void> {
  const about = chosenAbouts(parts, args).find((one) => one.kind === "deadlock");
  const deadlock = about ? parts.model.deadlocks.get(about.deadlock) : await chooseDeadlock(parts, args);
  if (!deadlock) {
    if (args[0] !== undefined) vscode.window.setStatusBarMessage(t("The deadlock is no longer there."), 4000);
    return;
  }
  const session = about?.session ?? (await chooseParty(parts, deadlock));
  if (session === undefined) return;
  await askServer(parts, t("Break Deadlock"), [deadlock.deadlock], (rpc, id) =>
    rpc.request("deadlock/break", { deadlock: id, ...(session === null ? {} : { session }) }),
  );
}

async function chooseDeadlock(parts: ViewParts, args: readonly unknown[]): Promise<DeadlockInfo | undefined> {
  const all = [...parts.model.deadlocks.values()];
  if (args[0] !== undefined || all.length < 2) return args[0] === undefined ? all[0] : undefined;
  const snapshot = snapshotOf(parts);
  const items = all.map((deadlock) => ({
    label: deadlock.cycle.map((member) => memberName(member, snapshot)).join(" → "),
    detail: describeCycle(deadlock, snapshot),
    deadlock,
  }));
  return (await vscode.window.showQuickPick(items, { title: t("Break Deadlock"), placeHolder: t("Which deadlock?") }))
    ?.deadlock;
}

/** Null: the party that began to wait last; the server knows it. Undefined: the user chose none. */
async function chooseParty(parts: ViewParts, { cycle }: DeadlockInfo): Promise<string | null | undefined> {
  const snapshot = snapshotOf(parts);
  const items: (vscode.QuickPickItem & { session: string | null })[] = [
    { label: t("The wait that began last"), description: t("loses the least"), session: null },
    ...cycle.map((member) => ({
      label: memberName(member, snapshot),
      description: t("waits for {0}", handleName(member.waitsFor)),
      session: member.session,
    })),
  ];
  const chosen = await vscode.window.showQuickPick(items, {
    title: t("Break Deadlock"),
    placeHolder: t("Which party's wait ends with the error Deadlock? The others continue."),
  });
  return chosen?.session;
}
