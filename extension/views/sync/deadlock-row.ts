import type { DeadlockInfo } from "../../../protocol/events.js";
import { rowText } from "../amounts.js";
import { clockText } from "../children/process-row.js";
import { handleName, partyOf } from "../names.js";
import type { Snapshot } from "../snapshot.js";
import type { TreeNode } from "../tree/tree-node.js";
import { t } from "../../l10n.js";

type Member = DeadlockInfo["cycle"][number];

export const deadlockId = (deadlock: string) => `deadlock/${deadlock}`;

/** A deadlock, and below it each party with the object that it waits for and the holder of that object. */
export function deadlockRow(deadlock: DeadlockInfo, snapshot: Snapshot): TreeNode {
  const { cycle } = deadlock;
  const names = cycle.map((member) => memberName(member, snapshot));
  const label = rowText(names.join(" → "), 60);
  return {
    id: deadlockId(deadlock.deadlock),
    label,
    description: deadlock.reason
      ? t("can never end")
      : cycle.length === 1
        ? t("waits for itself")
        : t("wait for each other"),
    icon: { id: "warning", color: "list.warningForeground" },
    spoken: t("Deadlock: {0}", describeCycle(deadlock, snapshot)),
    context: "deadlock",
    about: { kind: "deadlock", deadlock: deadlock.deadlock, session: null },
    children: cycle.map((member, i) => memberRow(deadlock, member, i, names, snapshot)),
    open: true,
    details: () => [
      [t("Deadlock"), describeCycle(deadlock, snapshot)],
      [t("Since"), clockText(deadlock.detectedAt)],
      [t("To continue"), t("Break it: one of the waits fails with the error Deadlock.")],
    ],
  };
}

function memberRow(
  deadlock: DeadlockInfo,
  member: Member,
  i: number,
  names: readonly string[],
  snapshot: Snapshot,
): TreeNode {
  const text = memberText(deadlock, i, names);
  const process = partyOf(member.session, snapshot).process;
  return {
    id: `${deadlockId(deadlock.deadlock)}/${i}/${member.session}`,
    label: names[i]!,
    description: text,
    icon: { id: "debug-pause", color: "list.warningForeground" },
    spoken: `${names[i]} ${text}`,
    context: `deadlockParty${process === null ? "" : " process running"}`,
    about: { kind: "deadlock", deadlock: deadlock.deadlock, session: member.session },
    children: [],
    open: false,
    details: () => [
      [t("Name"), names[i]!],
      [t("Waits for"), handleName(member.waitsFor)],
      ...(deadlock.reason === undefined
        ? [[t("Holds"), member.holds.map(handleName).join(", ") || t("nothing")] as const]
        : [[t("Why"), deadlock.reason] as const]),
      ...(member.owner === "" ? [] : [[t("Inside"), member.owner] as const]),
      [t("Session"), member.session],
    ],
  };
}

/** `waits for Lock s1.4, held by worker-2 (4243)`. */
function memberText({ cycle, reason }: DeadlockInfo, i: number, names: readonly string[]): string {
  if (reason !== undefined) return t("waits for {0}, which no process can end", handleName(cycle[i]!.waitsFor));
  const holder = cycle.length === 1 ? t("itself") : names[(i + 1) % cycle.length]!;
  return t("waits for {0}, held by {1}", handleName(cycle[i]!.waitsFor), holder);
}

/** The name of a party, with its pid. */
export function memberName(member: Member, snapshot: Pick<Snapshot, "known" | "ownSession">): string {
  const party = partyOf(member.session, snapshot);
  // The server's name for a client is its session. The name in the deadlock is the only one left once that has ended.
  const name = snapshot.known.sessions.has(member.session) ? party.name : rowText(member.name) || party.name;
  const pid = member.pid ?? party.pid;
  return pid === null ? name : `${name} (${pid})`;
}

/** `A (1) waits for Lock x, held by B (2); B (2) waits for Lock y, held by A (1)`. */
export function describeCycle(deadlock: DeadlockInfo, snapshot: Pick<Snapshot, "known" | "ownSession">): string {
  const names = deadlock.cycle.map((member) => memberName(member, snapshot));
  const parties = deadlock.cycle.map((_, i) => `${names[i]} ${memberText(deadlock, i, names)}`);
  return [...parties, ...(deadlock.reason === undefined ? [] : [deadlock.reason])].join("; ");
}
