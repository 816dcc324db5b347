import * as vscode from "vscode";
import type { Part } from "../model/model.js";
import type { Parts } from "../parts.js";
import { deadlockCommands } from "./actions/deadlock-commands.js";
import { endCommands } from "./actions/end-commands.js";
import { isRunning } from "./actions/end-plan.js";
import { lookCommands } from "./actions/look-commands.js";
import { stackCommands } from "./actions/stack-commands.js";
import { numberText } from "./amounts.js";
import { ChildrenTree } from "./children/children-tree.js";
import { ContextKeys } from "./context-keys.js";
import { DeadlockWarnings } from "./deadlock-warnings.js";
import { ProcessDocuments } from "./documents/process-documents.js";
import { snapshotOf } from "./snapshot-of.js";
import { syncTree } from "./sync/sync-tree.js";
import { LiveTree } from "./tree/live-tree.js";
import type { ViewParts } from "./view-parts.js";
import { t } from "../l10n.js";

/** The side bar: both trees, what can be done in them, and warnings of deadlocks. */
export function registerViews(parts: Parts): vscode.Disposable {
  const { model, server, runs } = parts;
  const childrenTree = new ChildrenTree();
  const usage = new Watch(() => model.watchUsage());
  const waits = [new Watch(() => model.watchWaits()), new Watch(() => model.watchWaits())] as const;
  const children = new LiveTree(
    "polyproc.children",
    () => childrenTree.build(snapshotOf(parts)),
    (visible) => {
      usage.needed(visible);
      waits[0].needed(visible);
    },
  );
  const sync = new LiveTree(
    "polyproc.sync",
    () => syncTree(snapshotOf(parts)),
    (visible) => waits[1].needed(visible),
  );
  const documents = new ProcessDocuments(model, server, runs);
  const viewParts: ViewParts = { ...parts, children, sync, documents };
  const warnings = new DeadlockWarnings(viewParts);
  const keys = new ContextKeys();

  const sum = () => {
    const all = [...model.processes.values()];
    const running = all.filter(isRunning).length;
    setBadge(children.view, running);
    keys.set({
      "polyproc.hasRunning": running > 0,
      "polyproc.hasEnded": all.some((process) => process.state === "exited"),
      "polyproc.hasPools": [...model.pools.values()].some((pool) => pool.state === "running" || pool.workers > 0),
      "polyproc.hasDeadlock": model.deadlocks.size > 0,
      "polyproc.serverState": server.state.kind,
    });
    setMessage(
      children.view,
      server.state.kind === "failed" && all.length > 0
        ? t("The server could not be started: {0}", server.state.message)
        : "",
    );
  };
  const changed = (changes: ReadonlySet<Part>) => {
    if (changes.has("deadlocks")) warnings.look();
    if ([...changes].some((part) => part !== "usage" && part !== "waits")) sum();
    if ([...changes].some((part) => childrenParts.has(part))) children.update();
    if ([...changes].some((part) => syncParts.has(part))) sync.update();
  };
  sum();
  const commands = {
    ...endCommands(viewParts),
    ...lookCommands(viewParts),
    ...stackCommands(viewParts),
    ...deadlockCommands(viewParts),
  };
  return vscode.Disposable.from(
    children,
    sync,
    documents,
    usage,
    ...waits,
    model.onDidChange(changed),
    server.onDidChange(() => {
      sum();
      children.update();
      sync.update();
    }),
    // Names of runs and items.
    runs.onDidChange(() => children.update()),
    ...Object.entries(commands).map(([id, run]) => vscode.commands.registerCommand(id, run)),
  );
}

const childrenParts: ReadonlySet<Part> = new Set<Part>(["processes", "usage", "waits", "pools", "runs", "sessions"]);
const syncParts: ReadonlySet<Part> = new Set<Part>(["pools", "waits", "sync", "deadlocks", "runs", "sessions"]);

/** CPU and memory, and what waits, are updated while the view is visible. */
class Watch implements vscode.Disposable {
  readonly #watch: () => { dispose(): void };
  #watching: { dispose(): void } | null = null;

  constructor(watch: () => { dispose(): void }) {
    this.#watch = watch;
  }

  needed(needed: boolean): void {
    if (needed) this.#watching ??= this.#watch();
    else this.dispose();
  }

  dispose(): void {
    this.#watching?.dispose();
    this.#watching = null;
  }
}

function setBadge(view: vscode.TreeView<string>, running: number): void {
  if ((view.badge?.value ?? 0) === running) return;
  view.badge =
    running === 0
      ? undefined
      : {
          value: running,
          tooltip: t(running === 1 ? "{0} process is running" : "{0} processes are running", numberText(running)),
        };
}

/** Empty: none. */
function setMessage(view: vscode.TreeView<string>, message: string): void {
  if ((view.message ?? "") !== message) view.message = message;
}
