import type { SyncInfo } from "../../../protocol/events.js";
import { countText, joined, numberText } from "../amounts.js";
import { handleName, partyOf, partyText } from "../names.js";
import type { Snapshot } from "../snapshot.js";
import type { Icon, TreeNode } from "../tree/tree-node.js";
import { partyRows } from "./party-rows.js";

/** A lock, semaphore, event, condition, barrier, queue or end of a pipe. */
export function syncRow(sync: SyncInfo, snapshot: Snapshot): TreeNode {
  const label = handleName(sync.handle);
  const state = stateOf(sync, snapshot);
  const waiting = sync.kind !== "barrier" && sync.waiters.length > 0 && `${numberText(sync.waiters.length)} waiting`;
  const description = joined(sync.kind === "rlock" && "RLock", state, waiting);
  return {
    id: sync.handle,
    label,
    description,
    icon: iconOf(sync),
    spoken: `${kindWords[sync.kind]} ${label}, ${description.replaceAll(" · ", ", ")}`,
    context: `sync ${sync.kind}`,
    about: { kind: "nothing" },
    children: partyRows(sync, snapshot),
    open: false,
    details: () => [
      [kindWords[sync.kind], label],
      ["State", state],
      ["Held by", names(sync.holders, snapshot) || "none"],
      ["Waiting", names(sync.waiters, snapshot) || "none"],
      ["Handle", sync.handle],
    ],
  };
}

const kindWords: Record<SyncInfo["kind"], string> = {
  lock: "Lock",
  rlock: "Recursive lock",
  semaphore: "Semaphore",
  event: "Event",
  condition: "Condition",
  barrier: "Barrier",
  queue: "Queue",
  pipe: "End of a pipe",
};

function stateOf(sync: SyncInfo, snapshot: Snapshot): string {
  const { kind, holders, value, limit } = sync;
  switch (kind) {
    case "lock":
    case "rlock":
      if (holders.length === 0) return "free";
      return `held by ${names(holders, snapshot)}${value > 1 ? `, ${value} deep` : ""}`;
    case "semaphore":
      return value === 0 ? "none free" : `${numberText(value)} free`;
    case "event":
      return value === 1 ? "set" : "not set";
    case "condition":
      return holders.length === 0 ? "its lock is free" : `its lock is held by ${names(holders, snapshot)}`;
    case "barrier":
      return `${numberText(value)} of ${limit === null ? "?" : numberText(limit)} arrived`;
    case "queue":
      // A limit of 0 is none, as in Python.
      if (limit === null || limit === 0) return countText(value, "item", "items");
      return `${numberText(value)} of ${numberText(limit)}${value >= limit ? ", full" : ""}`;
    case "pipe":
      return `${countText(value, "item", "items")} to read`;
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

/** The first few of them. */
function names(sessions: readonly string[], snapshot: Snapshot): string {
  const shown = sessions.slice(0, 3).map((session) => partyText(partyOf(session, snapshot)));
  return sessions.length > 3 ? `${shown.join(", ")} and ${sessions.length - 3} more` : shown.join(", ");
}
