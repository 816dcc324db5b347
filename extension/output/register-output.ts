import * as vscode from "vscode";
import { insights } from "../../bindings/typescript/runs/insight.js";
import type { Run, Runs } from "../runs/run.js";
import type { Settings } from "../settings.js";
import { BoundedChannel } from "./bounded-channel.js";
import { Flow } from "./flow.js";
import { RunNumbers } from "./run-numbers.js";
import { RunReport } from "./run-report.js";

/** The output channel "Polyproc": the progress of runs. A task's run is reported in its own terminal. */
export function registerOutput(runs: Runs, settings: Settings): vscode.Disposable {
  const channel = vscode.window.createOutputChannel("Polyproc");
  const flow = new Flow({ sink: new BoundedChannel(channel) });
  const reports = new Map<Run, RunReport>();
  const numbers = new RunNumbers();

  const begin = (run: Run, found: boolean) => {
    if (run.request.origin === "task" || (found && run.info.endedAt !== null)) return;
    const number = numbers.take();
    const report = new RunReport(run, flow, settings.outputGrouping, number);
    reports.set(run, report);
    const show = settings.outputShow;
    if (show === "onStart" && !found && run.request.origin === "command") channel.show(true);
    void run.whenEnded.then(() => {
      report.dispose();
      reports.delete(run);
      numbers.giveBack(number);
      void tellInsights(run, flow);
      if (show === "onFailure" && run.request.origin === "command" && run.info.failed > 0) channel.show(true);
    });
  };
  for (const run of runs.all) begin(run, true);

  return vscode.Disposable.from(
    runs.onDidAdd(begin),
    vscode.commands.registerCommand("polyproc.showOutput", () => channel.show()),
    {
      dispose: () => {
        for (const report of reports.values()) report.dispose();
        flow.dispose();
      },
    },
    channel,
  );
}

/** Shorter runs need no advice. */
const leastMs = 3000;

/** Why a long run took so long: what it waited for, and which workers were idle. */
async function tellInsights(run: Run, flow: Flow): Promise<void> {
  const { startedAt, endedAt } = run.info;
  if (endedAt === null || endedAt - startedAt < leastMs) return;
  const lines = insights(run, await run.waits());
  if (lines.length > 0) flow.add([...lines.map((line) => `  ${run.request.name}: ${line}`), ""], "summary");
}
