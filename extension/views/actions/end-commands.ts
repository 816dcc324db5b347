import * as vscode from "vscode";
import type { ViewParts, Commands } from "../view-parts.js";
import { askServer } from "./ask-server.js";
import { chooseProcesses, choosePools, chosenAbouts } from "./choose.js";
import { describePlan, isNothing, isRunning, planEnd, type EndPlan } from "./end-plan.js";
import { t } from "../../l10n.js";

/** Commands that end processes and pools. */
export function endCommands(parts: ViewParts): Commands {
  return {
    "polyproc.terminate": async (...args) => {
      const processes = await chooseProcesses(parts, args, t("Terminate"), isRunning, true);
      await askServer(parts, t("Terminate"), processes, (rpc, { process }) =>
        rpc.request("process/terminate", { process }),
      );
    },
    "polyproc.kill": async (...args) => {
      const processes = await chooseProcesses(parts, args, t("Kill"), isRunning, true);
      await askServer(parts, t("Kill"), processes, (rpc, { process }) => rpc.request("process/kill", { process }));
    },
    "polyproc.terminatePool": async (...args) => {
      const pools = await choosePools(parts, args, t("Terminate Pool"));
      await askServer(parts, t("Terminate Pool"), pools, (rpc, { pool, run }) =>
        run === null ? rpc.request("pool/terminate", { pool }) : rpc.request("run/cancel", { run }),
      );
    },
    // From the view's title the command gets the focused row, which the user did not choose.
    "polyproc.terminateAll": () => terminateAll(parts, () => planEnd(parts.model)),
    "polyproc.terminateClient": async (...args) => {
      const client = chosenAbouts(parts, args).find((about) => about.kind === "client");
      if (client) await terminateAll(parts, () => planEnd(parts.model, client.session));
    },
  };
}

async function terminateAll(parts: ViewParts, plan: () => EndPlan): Promise<void> {
  if (isNothing(plan())) {
    vscode.window.setStatusBarMessage(t("No process runs."), 4000);
    return;
  }
  const { question, detail } = describePlan(plan());
  const terminate = t("Terminate");
  if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, terminate)) !== terminate) return;
  // The user took time to answer: use the current state.
  const { runs, pools, processes } = plan();
  await Promise.all([
    askServer(parts, t("Terminate All"), runs, (rpc, run) => rpc.request("run/cancel", { run })),
    askServer(parts, t("Terminate All"), pools, (rpc, pool) => rpc.request("pool/terminate", { pool })),
    askServer(parts, t("Terminate All"), processes, (rpc, process) => rpc.request("process/terminate", { process })),
  ]);
}
