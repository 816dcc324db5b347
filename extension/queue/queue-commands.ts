import * as vscode from "vscode";
import type { BatchEntryInfo, BatchGroupInfo, BatchState } from "../../protocol/batch.js";
import type { Rpc } from "../connection/rpc.js";
import { serverEnvironment } from "../connection/server-environment.js";
import { chosenRows } from "../views/actions/chosen.js";
import { numberText, rowText } from "../views/amounts.js";
import type { FollowedDocuments } from "../views/documents/followed-documents.js";
import type { LiveTree } from "../views/tree/live-tree.js";
import type { Commands } from "../views/view-parts.js";
import type { EntryFiles } from "./entry-files.js";
import { EntryLog } from "./entry-log.js";
import type { QueueLink } from "./queue-link.js";
import { t } from "../l10n.js";

export interface QueueParts {
  link: QueueLink;
  tree: LiveTree;
  log: vscode.LogOutputChannel;
  files: EntryFiles;
  logs: FollowedDocuments;
}

const ended: readonly BatchState[] = ["done", "failed", "lost", "skipped"];
export const logScheme = "polyproc-queue-log";

/** The commands of the queue's view. From the palette they ask for the entry. */
export function queueCommands(parts: QueueParts): Commands {
  const { link, files, logs } = parts;
  const change =
    (titleOf: () => string, states: readonly BatchState[], ask: (rpc: Rpc, entries: number[]) => Promise<unknown>) =>
    async (...args: unknown[]) => {
      const title = titleOf();
      const entries = await choose(parts, args, title, states);
      if (entries.length > 0) await attempt(parts, title, () => link.use((rpc) => ask(rpc, numbersOf(entries))));
    };
  const whole = (titleOf: () => string, method: "batch/pause" | "batch/resume", states: readonly BatchState[]) => {
    const ofEntries = change(titleOf, states, (rpc, entries) => rpc.request(method, { entries }));
    return async (...args: unknown[]) => {
      const groups = groupsOf(parts, args);
      if (groups.length === 0) return ofEntries(...args);
      for (const group of groups)
        await attempt(parts, titleOf(), () => link.use((rpc) => rpc.request(method, { group })));
    };
  };
  return {
    "polyproc.queue.add": () => attempt(parts, t("Add Command to Queue"), () => add(parts)),
    "polyproc.queue.open": async () => {
      await vscode.commands.executeCommand("polyproc.queue.focus");
      await attempt(parts, t("Show Queue"), () => link.use((rpc) => rpc.request("batch/list", {})));
    },
    "polyproc.queue.pause": whole(() => t("Pause"), "batch/pause", ["running", "queued"]),
    "polyproc.queue.resume": whole(() => t("Resume"), "batch/resume", ["paused", "held"]),
    "polyproc.queue.restart": change(
      () => t("Run Again"),
      ended,
      (rpc, entries) => rpc.request("batch/restart", { entries }),
    ),
    "polyproc.queue.end": change(() => t("End"), ["running", "paused"], endProcesses),
    "polyproc.queue.remove": async (...args) => {
      const title = t("Remove");
      const entries = await choose(parts, args, title, [...ended, "queued", "held"]);
      if (entries.length === 0 || !(await mayRemove(entries))) return;
      await attempt(parts, title, () =>
        link.use((rpc) => rpc.request("batch/remove", { entries: numbersOf(entries) })),
      );
    },
    "polyproc.queue.removeEnded": () =>
      attempt(parts, t("Remove All Ended Entries"), () =>
        link.use(async (rpc) => {
          const { entries } = await rpc.request("batch/list", {});
          const gone = numbersOf(entries.filter(({ state }) => ended.includes(state)));
          if (gone.length > 0) await rpc.request("batch/remove", { entries: gone });
        }),
      ),
    "polyproc.queue.edit": async (...args) => {
      const [entry] = await choose(parts, args, t("Edit"), [...ended, "queued", "held"], false);
      if (entry) await attempt(parts, t("Edit"), () => files.open(entry.entry));
    },
    "polyproc.queue.showLog": async (...args) => {
      const [entry] = await choose(parts, args, t("Show Log"), ["running", "paused", ...ended], false);
      if (!entry) return;
      const uri = vscode.Uri.from({ scheme: logScheme, path: `/Queue entry ${entry.entry}.log` });
      const open = logs.get(uri);
      await logs.show(uri, open && !open.ended ? open : new EntryLog(entry.entry, link));
    },
    "polyproc.queue.setSlots": async (...args) => {
      const [name] = groupsOf(parts, args);
      const group = name === undefined ? await chooseGroup(parts, t("Which group?")) : name;
      if (group !== undefined) await setSlots(parts, group);
    },
  };
}

async function add(parts: QueueParts): Promise<void> {
  const line = await vscode.window.showInputBox({
    title: t("Add Command to Queue"),
    prompt: t("A shell command. It outlives this window, the server and a reboot."),
    placeHolder: "make -j8 && notify-send done",
    ignoreFocusOut: true,
  });
  if (!line?.trim()) return;
  const folder = await chooseFolder();
  if (folder === undefined) return;
  const { groups } = await parts.link.use((rpc) => rpc.request("batch/list", {}));
  const group = groups.length > 1 ? await pickGroup(groups, t("In which group?")) : groups[0]?.group;
  if (group === undefined) return;
  const { entry } = await parts.link.use((rpc) =>
    rpc.request("batch/add", {
      command: ["sh", "-c", line],
      name: line.slice(0, 200),
      cwd: folder.fsPath,
      env: serverEnvironment(process.env) as Record<string, string>,
      group,
    }),
  );
  vscode.window.setStatusBarMessage(`$(check) ${t("Added to the queue as #{0}", entry.entry)}`, 5000);
}

async function chooseFolder(): Promise<vscode.Uri | undefined> {
  const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === "file");
  if (folders.length === 0)
    throw new Error(t("the command needs a folder to run in: open a folder first, or use polyproc add in a terminal"));
  if (folders.length === 1) return folders[0]!.uri;
  return (await vscode.window.showWorkspaceFolderPick({ placeHolder: t("Where does it run?") }))?.uri;
}

async function setSlots(parts: QueueParts, group: string): Promise<void> {
  const title = t("Set Number at a Time");
  const text = await vscode.window.showInputBox({
    title,
    prompt: t("How many entries of the group {0} run at a time?", group),
    validateInput: (value) => (/^[1-9]\d{0,3}$/.test(value) ? null : t("A whole number from 1 to 4096")),
  });
  if (text === undefined) return;
  await attempt(parts, title, () =>
    parts.link.use((rpc) => rpc.request("batch/setGroup", { group, slots: Number(text) })),
  );
}

/** Ends processes of entries, which have the name that the queue gave them. */
async function endProcesses(rpc: Rpc, entries: readonly number[]): Promise<void> {
  const { processes } = await rpc.request("process/list", { scope: "all" });
  const names = new Set(entries.map((entry) => `queue:${entry}`));
  const theirs = processes.filter(({ name }) => names.has(name));
  await Promise.all(theirs.map(({ process }) => rpc.request("process/terminate", { process })));
}

async function mayRemove(entries: readonly BatchEntryInfo[]): Promise<boolean> {
  const waiting = entries.filter(({ state }) => state === "queued" || state === "held").length;
  if (waiting === 0) return true;
  const remove = t("Remove");
  const answer = await vscode.window.showWarningMessage(
    t(
      waiting === 1 ? "Remove {0} entry that has not run yet?" : "Remove {0} entries that have not run yet?",
      numberText(waiting),
    ),
    { modal: true, detail: t("The queue forgets the command.") },
    remove,
  );
  return answer === remove;
}

/** The chosen entries that are in one of these states; asks if there are none, as from the palette. */
async function choose(
  parts: QueueParts,
  args: readonly unknown[],
  title: string,
  states: readonly BatchState[],
  several = true,
): Promise<BatchEntryInfo[]> {
  const fits = ({ state }: BatchEntryInfo) => states.includes(state);
  if (args[0] !== undefined) {
    const { state } = parts.link;
    const known = state.kind === "known" ? state.queue.entries : [];
    const chosen = chosenRows(args[0], args[1]).flatMap((id) => {
      const about = parts.tree.node(id)?.about;
      return known.filter((entry) => about?.kind === "entry" && about.entry === entry.entry && fits(entry));
    });
    return several ? chosen : chosen.slice(0, 1);
  }
  try {
    const { entries } = await parts.link.use((rpc) => rpc.request("batch/list", {}));
    const items = entries.filter(fits).map((entry) => ({
      label: rowText(entry.name || entry.command.join(" ")),
      description: `#${entry.entry}, ${entry.state}`,
      entry,
    }));
    if (items.length === 0) {
      void vscode.window.showInformationMessage(t("{0}: no entry of the queue matches.", title));
      return [];
    }
    const chosen = await vscode.window.showQuickPick(items, {
      title,
      placeHolder: t("Which entry?"),
      matchOnDescription: true,
    });
    return chosen ? [chosen.entry] : [];
  } catch (error) {
    tellFailure(parts, title, error);
    return [];
  }
}

function groupsOf(parts: QueueParts, args: readonly unknown[]): string[] {
  return chosenRows(args[0], args[1]).flatMap((id) => {
    const about = parts.tree.node(id)?.about;
    return about?.kind === "queueGroup" ? [about.group] : [];
  });
}

async function chooseGroup(parts: QueueParts, placeHolder: string): Promise<string | undefined> {
  const { groups } = await parts.link.use((rpc) => rpc.request("batch/list", {}));
  return pickGroup(groups, placeHolder);
}

async function pickGroup(groups: readonly BatchGroupInfo[], placeHolder: string): Promise<string | undefined> {
  const items = groups.map(({ group, slots }) => ({ label: group, description: t("{0} at a time", slots) }));
  return (await vscode.window.showQuickPick(items, { placeHolder }))?.label;
}

async function attempt(parts: QueueParts, title: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    tellFailure(parts, title, error);
  }
}

function tellFailure({ log }: QueueParts, title: string, error: unknown): void {
  log.error(`${title}:`, error);
  void vscode.window.showErrorMessage(`${title}: ${error instanceof Error ? error.message : String(error)}`);
}

function numbersOf(entries: readonly BatchEntryInfo[]): number[] {
  return entries.map(({ entry }) => entry);
}
