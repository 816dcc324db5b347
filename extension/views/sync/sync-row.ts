import type { SyncInfo } from "../../../protocol/events.js";
import { joined, numberText } from "../amounts.js";
import { handleName, partyOf, partyText } from "../names.js";
import type { Snapshot } from "../snapshot.js";
import type { Icon, TreeNode } from "../tree/tree-node.js";
import { partyRows } from "./party-rows.js";
import { t } from "../../l10n.js";

/** A lock, semaphore, event, condition, barrier, queue or end of a pipe. */
export function syncRow(sync: SyncInfo, snapshot: Snapshot): TreeNode {
  const label = handleName(sync.handle);
  const state = stateOf(sync, snapshot);
  const waiting =
    sync.kind !== "barrier" && sync.waiters.length > 0 && t("{0} waiting", numberText(sync.waiters.length));
  const description = joined(sync.kind === "rlock" && "RLock", state, waiting);
  return {
    id: sync.handle,
    label,
    description,
    icon: iconOf(sync),
    spoken: `${kindWord(sync.kind)} ${label}, ${description.replaceAll(" · ", ", ")}`,
    context: `sync ${sync.kind}`,
    about: { kind: "nothing" },
    children: partyRows(sync, snapshot),
    open: false,
    details: () => [
      [kindWord(sync.kind), label],
      [t("State"), state],
      [t("Held by"), names(sync.holders, snapshot) || t("none")],
      [t("Waiting"), names(sync.waiters, snapshot) || t("none")],
      [t("Handle"), sync.handle],
    ],
  };
}

function kindWord(kind: SyncInfo["kind"]): string {
  switch (kind) {
    case "lock":
      return t("Lock");
    case "rlock":
      return t("Recursive lock");
    case "semaphore":
      return t("Semaphore");
    case "event":
      return t("Event");
    case "condition":
      return t("Condition");
    case "barrier":
      return t("Barrier");
    case "queue":
      return t("Queue");
    case "pipe":
      return t("End of a pipe");
  }
}

function stateOf(sync: SyncInfo, snapshot: Snapshot): string {
  const { kind, holders, value, limit } = sync;
  switch (kind) {
    case "lock":
    case "rlock":
      if (holders.length === 0) return t("free");
      return value > 1
        ? t("held by {0}, {1} deep", names(holders, snapshot), value)
        : t("held by {0}", names(holders, snapshot));
    case "semaphore":
      return value === 0 ? t("none free") : t("{0} free", numberText(value));
    case "event":
      return value === 1 ? t("set") : t("not set");
    case "condition":
      return holders.length === 0 ? t("its lock is free") : t("its lock is held by {0}", names(holders, snapshot));
    case "barrier":
      return t("{0} of {1} arrived", numberText(value), limit === null ? "?" : numberText(limit));
    case "queue":
      // A limit of 0 is none, as in Python.
      if (limit === null || limit === 0) return t(value === 1 ? "{0} item" : "{0} items", numberText(value));
      return t(value >= limit ? "{0} of {1}, full" : "{0} of {1}", numberText(value), numberText(limit));
    case "pipe":
      return t(value === 1 ? "{0} item to read" : "{0} items to read", numberText(value));
  }
}

function iconOf({ kind, holders, value, limit }: SyncInfo): Icon {
  const held = { color: "charts.yellow" };
  switch (kind) {
    case "lock":
    case "rlock":
      return holders.length > 0 ? { id: "lock", ...held } : { id: "unlock" };
    case "semaphore":
      return { id: "layers", ...(value === 0 ? held : {}) };
    case "event":
      return value === 1 ? { id: "bell-dot", color: "charts.green" } : { id: "bell" };
    case "condition":
      return { id: "broadcast" };
    case "barrier":
      return { id: "milestone" };
    case "queue":
      return { id: "list-ordered", ...(limit !== null && limit > 0 && value >= limit ? held : {}) };
    case "pipe":
      return { id: "arrow-swap" };
  }
}

/** The names of the first few sessions. */
function names(sessions: readonly string[], snapshot: Snapshot): string {
  const shown = sessions.slice(0, 3).map((session) => partyText(partyOf(session, snapshot)));
  return sessions.length > 3 ? t("{0} and {1} more", shown.join(", "), sessions.length - 3) : shown.join(", ");
}
