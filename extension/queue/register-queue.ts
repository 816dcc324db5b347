import * as vscode from "vscode";
import { defaultSocketPath } from "../../bindings/typescript/session/default-socket.js";
import type { Parts } from "../parts.js";
import { t } from "../l10n.js";
import { rowText } from "../views/amounts.js";
import { FollowedDocuments } from "../views/documents/followed-documents.js";
import { LiveTree } from "../views/tree/live-tree.js";
import { EntryFiles } from "./entry-files.js";
import { openQueueServer } from "./open-queue-server.js";
import { logScheme, queueCommands } from "./queue-commands.js";
import { QueueLink } from "./queue-link.js";
import { queueRows } from "./queue-rows.js";

/** The user's queue in the side bar: its rows, actions, logs and entries as documents. */
export function registerQueue({ context, log, settings }: Parts): vscode.Disposable {
  const link = new QueueLink({
    open: (path) => openQueueServer(path, context, log, settings),
    defaultSocket: defaultSocketPath(),
    onFault: (error) => log.error(error instanceof Error ? error : String(error)),
  });
  let following: { dispose(): void } | null = null;
  const tree = new LiveTree(
    "polyproc.queue",
    () => (link.state.kind === "known" ? queueRows(link.state.queue, Date.now()) : []),
    (isVisible) => {
      if (isVisible) following ??= link.follow();
      else {
        following?.dispose();
        following = null;
      }
    },
  );
  const files = new EntryFiles(link);
  const logs = new FollowedDocuments(
    logScheme,
    `${t("This was shown before the window was reloaded. Open it again from the view Queue.")}\n`,
  );
  const changes = link.onDidChange(() => {
    const { state } = link;
    const message =
      state.kind === "refused" ? state.message : state.kind === "known" ? state.queue.notices.join("; ") : "";
    if ((tree.view.message ?? "") !== message) tree.view.message = rowText(message, 300);
    tree.update();
  });
  const commands = queueCommands({ link, tree, log, files, logs });
  return vscode.Disposable.from(
    tree,
    logs,
    files.register(),
    changes,
    { dispose: () => following?.dispose() },
    ...Object.entries(commands).map(([id, run]) => vscode.commands.registerCommand(id, run)),
  );
}
