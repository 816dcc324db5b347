import * as vscode from "vscode";
import type { ViewParts, Commands } from "../view-parts.js";
import { askServer } from "./ask-server.js";
import { chooseProcesses, choosePools, chosenAbouts } from "./choose.js";
import { describePlan, isNothing, isRunning, planEnd, type EndPlan } from "./end-plan.js";

/** Commands that end processes and pools. */
export function endCommands(parts: ViewParts): Commands {
  return {
    "polyproc.terminate": async (...args) => {
      const processes = await chooseProcesses(parts, args, "Terminate", isRunning, true);
      await askServer(parts, "Terminate", processes, (rpc, { process }) =>
        rpc.request("process/terminate", { process }),
      );
    },
    "polyproc.kill": async (...args) => {
      const processes = await chooseProcesses(parts, args, "Kill", isRunning, true);
      await askServer(parts, "Kill", processes, (rpc, { process }) => rpc.request("process/kill", { process }));
    },
    "polyproc.terminatePool": async (...args) => {
      const pools = await choosePools(parts, args, "Terminate Pool");
      await askServer(parts, "Terminate pool", pools, (rpc, { pool, run }) =>
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
    vscode.window.setStatusBarMessage("No process runs.", 4000);
    return;
  }
  const { question, detail } = describePlan(plan());
  if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, "Terminate")) !== "Terminate") return;
  // The user took time to answer: use the current state.
  const { runs, pools, processes } = plan();
  await Promise.all([
    askServer(parts, "Terminate all", runs, (rpc, run) => rpc.request("run/cancel", { run })),
    askServer(parts, "Terminate all", pools, (rpc, pool) => rpc.request("pool/terminate", { pool })),
    askServer(parts, "Terminate all", processes, (rpc, process) => rpc.request("process/terminate", { process })),
  ]);
}
