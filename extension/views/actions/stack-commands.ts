import * as vscode from "vscode";
import type { ProcessInfo } from "../../../protocol/process.js";
import { t } from "../../l10n.js";
import { processName, partyOf } from "../names.js";
import { snapshotOf } from "../snapshot-of.js";
import { describeCycle, memberName } from "../sync/deadlock-row.js";
import { connectedRpc, type Commands, type ViewParts } from "../view-parts.js";
import { stackPage, type StackOwner } from "../documents/stack-page.js";
import { chooseProcesses, chosenAbouts } from "./choose.js";
import { isRunning } from "./end-plan.js";

/** "Show Stack": of running functions, and of all parties of a deadlock. */
export function stackCommands(parts: ViewParts): Commands {
  return { "polyproc.showStack": (...args) => showStack(parts, args) };
}

async function showStack(parts: ViewParts, args: readonly unknown[]): Promise<void> {
  const snapshot = snapshotOf(parts);
  const about = chosenAbouts(parts, args).find(({ kind }) => kind === "deadlock");
  const deadlock = about?.kind === "deadlock" ? parts.model.deadlocks.get(about.deadlock) : undefined;
  if (deadlock) {
    const owners = deadlock.cycle.map((member) => {
      const handle = partyOf(member.session, snapshot).process;
      return {
        name: memberName(member, snapshot),
        process: handle === null ? null : (parts.model.processes.get(handle) ?? null),
      };
    });
    const heading = t("Deadlock: {0}", describeCycle(deadlock, snapshot));
    return show(parts, `deadlock ${deadlock.deadlock}`, heading, owners);
  }
  // The server says of a command why it has no stack.
  const isGiven = args[0] !== undefined;
  const processes = await chooseProcesses(parts, args, t("Show Stack"), isGiven ? isRunning : hasStack, isGiven);
  if (processes.length === 0) return;
  const owners = processes.map((process) => {
    const name = processName(process, snapshot);
    return { name: process.pid === null ? name : `${name} (pid ${process.pid}, ${process.runtime})`, process };
  });
  await show(parts, owners.map(({ name }) => name).join(", "), t("Where it is"), owners);
}

async function show(parts: ViewParts, title: string, heading: string, owners: readonly StackOwner[]): Promise<void> {
  const rpc = connectedRpc(parts);
  if (rpc === null) {
    void vscode.window.showWarningMessage(t("Show Stack: no server is connected, so nothing runs."));
    return;
  }
  await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: t("Reading stacks…") },
    async () => {
      try {
        await parts.documents.showPage(
          "stack",
          t("Stack of {0}.txt", title),
          title,
          await stackPage(rpc, heading, owners),
        );
      } catch (error) {
        parts.log.error("Show Stack:", error);
        void vscode.window.showErrorMessage(
          `${t("Show Stack")}: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    },
  );
}

function hasStack(process: ProcessInfo): boolean {
  return isRunning(process) && process.runtime !== "command";
}
