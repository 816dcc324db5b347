import * as vscode from "vscode";
import type { ProcessInfo } from "../../../protocol/process.js";
import type { Commands, ViewParts } from "../view-parts.js";
import { chooseProcesses, chosenAbouts } from "./choose.js";
import { openTarget } from "./open-target.js";
import { t } from "../../l10n.js";

/** Commands that show something of processes, or take ended ones off the list. */
export function lookCommands(parts: ViewParts): Commands {
  const { model, documents } = parts;
  return {
    "polyproc.focusChildren": async () => void (await vscode.commands.executeCommand("polyproc.children.focus")),
    "polyproc.revealProcessOutput": async (...args) => {
      const [process] = await chooseProcesses(parts, args, t("Reveal Output"), () => true, false);
      if (process) await documents.showOutput(process);
    },
    "polyproc.showWhyEnded": async (...args) => {
      const [process] = await chooseProcesses(parts, args, t("Show Why It Ended"), hasEnded, false);
      if (process) await documents.showWhyEnded(process);
    },
    "polyproc.openTarget": async (...args) => {
      const [process] = await chooseProcesses(parts, args, t("Open Target's Source"), () => true, false);
      if (process) await openTarget(process);
    },
    "polyproc.debugProcessItem": async (...args) => {
      const [process] = await chooseProcesses(parts, args, t("Debug Item"), ({ task }) => task !== null, false);
      const run = parts.runs.all.find(({ info }) => info.job === process?.task?.job);
      if (run) await vscode.commands.executeCommand("polyproc.debugItem", run.id, process!.task!.index);
      else if (process) void vscode.window.showInformationMessage(t("Only an item of a run can be debugged."));
    },
    "polyproc.copyPid": async (...args) => {
      const ofOthers =
        args[0] === undefined
          ? []
          : chosenAbouts(parts, args).flatMap((about) => (about.kind === "pid" ? [about.pid] : []));
      const processes =
        ofOthers.length > 0
          ? []
          : await chooseProcesses(parts, args, t("Copy Pid"), (process) => process.pid !== null, true);
      const pids = [...ofOthers, ...processes.map(({ pid }) => pid)];
      if (pids.length > 0) await vscode.env.clipboard.writeText(pids.join(" "));
    },
    "polyproc.dismiss": async (...args) => {
      for (const { process } of await chooseProcesses(parts, args, t("Dismiss"), hasEnded, true))
        model.dismiss(process);
    },
    "polyproc.dismissEnded": () => model.dismissEnded(),
  };
}

function hasEnded(process: ProcessInfo): boolean {
  return process.state === "exited";
}
