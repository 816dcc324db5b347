import * as vscode from "vscode";
import { registerDebug } from "./debug/register-debug.js";
import { registerDecorations } from "./diagnostics/register-decorations.js";
import { registerDiagnostics } from "./diagnostics/register-diagnostics.js";
import { registerLenses } from "./lenses/register-lenses.js";
import { registerOutput } from "./output/register-output.js";
import type { Parts } from "./parts.js";
import { pythonFinder, registerPython } from "./python/register-python.js";
import { Launcher } from "./runs/launcher.js";
import { showProgress } from "./runs/progress.js";
import { RecentRuns } from "./runs/recipe.js";
import { registerRunCommands } from "./runs/run-commands.js";
import { RunList } from "./runs/run-list.js";
import type { Runs } from "./runs/run.js";
import { registerStartCommands } from "./runs/start-commands.js";

/** Everything about runs, from the CodeLens that starts one to the message at its end. */
export function registerRuns({ context, log, server, model, settings }: Omit<Parts, "runs">): {
  runs: Runs;
  disposable: vscode.Disposable;
} {
  const defaults = () => settings.runOptions;
  const runs = new RunList({
    server,
    model,
    defaults,
    cluster: () => settings.cluster,
    interpreterOf: pythonFinder(settings, log),
    onFault: (error) => log.error(error instanceof Error ? error : String(error)),
  });
  const recent = new RecentRuns(context.workspaceState);
  const launcher = new Launcher({ runs, recent, log, defaults, hasCluster: () => settings.cluster !== "" });
  const decorations = registerDecorations(runs);
  const problems = registerDiagnostics(runs, decorations.clear);
  const disposable = vscode.Disposable.from(
    // In this order: the parts that follow runs are disposed before the runs.
    registerOutput(runs, settings),
    problems.disposable,
    decorations.disposable,
    registerDebug(runs, problems.book, log),
    registerLenses(server, settings, runs),
    registerPython(),
    registerRunCommands(runs, launcher),
    registerStartCommands({ launcher, recent, runs }),
    runs.onDidAdd((run, found) => {
      // A run that ended while this window was closed is not announced.
      if (run.request.origin === "command" && !(found && run.info.endedAt !== null)) void showProgress(run);
    }),
    runs,
  );
  return { runs, disposable };
}
