import * as vscode from "vscode";
import type { PolyprocApi } from "./api.js";
import { registerTools } from "./agents/register-tools.js";
import { openWindowServer } from "./connection/open-window-server.js";
import { watchForSocket } from "./connection/socket-watch.js";
import type { WindowServer } from "./connection/window-server.js";
import { translateBy } from "./l10n.js";
import { makeApi } from "./make-api.js";
import { ServerModel } from "./model/server-model.js";
import { numbersOf } from "./numbers.js";
import type { Parts } from "./parts.js";
import { registerHosts } from "./hosts/register-hosts.js";
import { registerQueue } from "./queue/register-queue.js";
import { registerResults } from "./results/register-results.js";
import { registerRuns } from "./register-runs.js";
import { registerSaved } from "./saved/register-saved.js";
import { registerServerCommands } from "./server-commands.js";
import { registerServerNotices } from "./server-notices.js";
import { Settings } from "./settings.js";
import { registerStatusBar } from "./status-bar.js";
import { registerTasks } from "./tasks/register-tasks.js";
import { registerTesting } from "./testing/register-testing.js";
import { registerTerminals } from "./terminals.js";
import { unavailableRuns } from "./unavailable-runs.js";
import { registerViews } from "./views/register-views.js";
import { registerWindowClose } from "./window-close.js";

/** Where the processes that the user dismissed are remembered. */
const dismissedKey = "polyproc.dismissed";

let windowServer: WindowServer | undefined;

/** Registers all parts. Starts nothing, and looks for a running server only afterwards. */
export function activate(context: vscode.ExtensionContext): PolyprocApi {
  const began = performance.now();
  translateBy((text, ...values) => vscode.l10n.t(text, ...values));
  const log = vscode.window.createOutputChannel("Polyproc Log", { log: true });
  const onFault = (error: unknown) => log.error(error instanceof Error ? error : String(error));
  const settings = new Settings();
  const server = (windowServer = openWindowServer(context, log, settings));
  const { version } = context.extension.packageJSON as { version: string };
  const notices = registerServerNotices(server, version, log, () => numbersOf(model));
  const dismissals = {
    get: () => context.workspaceState.get<readonly string[]>(dismissedKey, []),
    set: (keys: readonly string[]) => void context.workspaceState.update(dismissedKey, keys),
  };
  const model = new ServerModel(server, { onFault, dismissals });
  context.subscriptions.push(log, notices, model);

  /** If one part fails, the others still start. */
  const part = (name: string, register: () => vscode.Disposable) => {
    try {
      context.subscriptions.push(register());
    } catch (error) {
      log.error(
        `${name} could not be set up: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    }
  };
  part("the server's commands", () => registerServerCommands(server, model, log));
  part("the status bar", () => registerStatusBar(server, model, settings));
  part("terminals", () => registerTerminals(context, settings, server.address));
  part("the end of the window", () => vscode.Disposable.from(...registerWindowClose(server, settings, log)));
  let runs = unavailableRuns();
  part("runs", () => {
    const registered = registerRuns({ context, log, server, model, settings });
    runs = registered.runs;
    return registered.disposable;
  });
  const parts: Parts = { context, log, server, model, runs, settings };
  part("the views", () => registerViews(parts));
  part("the queue", () => registerQueue(parts));
  part("the hosts", () => registerHosts(parts));
  part("tasks", () => registerTasks(parts));
  part("the saved runs", () => registerSaved(parts));
  part("results", () => registerResults(parts));
  part("tests", () => registerTesting(parts));
  part("tools for agents", () => registerTools(parts));

  const lookForServer = () => {
    if (!vscode.workspace.isTrusted) return;
    part("the look-out for a server", () =>
      vscode.Disposable.from(watchForSocket(server.address.slice("unix:".length), () => void server.attach())),
    );
    void server.attach();
  };
  context.subscriptions.push(vscode.workspace.onDidGrantWorkspaceTrust(lookForServer));
  // After `activate` has returned, so that the editor does not wait.
  setImmediate(lookForServer);

  const activationMs = performance.now() - began;
  log.debug(`activated in ${activationMs.toFixed(1)} ms; the server's address is ${server.address}`);
  return makeApi({ server, model, runs }, activationMs);
}

/** Ends the session; running processes run on, unless the setting says otherwise. */
export async function deactivate(): Promise<void> {
  await windowServer?.end();
}
