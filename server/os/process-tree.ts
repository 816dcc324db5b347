import { readLinuxRow } from "./proc.js";
import type { ProcessLook } from "./process-look.js";
import type { ProcessRow } from "./process-row.js";
import { descendantsOf } from "./process-table.js";

/**
 * `group`: the child's process group. `tree`: also its descendants, on Linux with those that changed session or parent.
 */
export type TreeScope = "group" | "tree";

/** A child and its descendants. Other processes that got a reused pid or group number do not count. */
export class ProcessTree {
  /** The child's pid, which is also the number of its process group. */
  readonly leader: number;
  readonly #childId: string;
  readonly #leaderStart: string | undefined;
  /** The start of each member that was seen, by pid. */
  #seen = new Map<number, string>();
  #leaderReaped = false;

  constructor(leader: number, childId: string) {
    this.leader = leader;
    this.#childId = childId;
    this.#leaderStart = process.platform === "linux" ? readLinuxRow(leader)?.start : undefined;
  }

  /**
   * The leader was reaped. Until now the system could not reuse its pid, nor the group's number. From now on only
   * members that were seen before, and their children, count.
   */
  leaderWasReaped(look: ProcessLook): void {
    this.members(look, "tree");
    this.#leaderReaped = true;
  }

  /** The living members, the leader first. */
  members(look: ProcessLook, scope: TreeScope): ProcessRow[] {
    const { table } = look;
    const members = new Map<number, ProcessRow>();
    const leader = table.get(this.leader);
    // A different start: the leader was reaped just now, and its pid belongs to another process already.
    if (!this.#leaderReaped && (this.#leaderStart === undefined || leader?.start === this.#leaderStart))
      this.#add(members, leader);
    for (const [pid, start] of this.#seen) {
      const row = table.get(pid);
      if (row?.start === start) this.#add(members, row);
      else this.#seen.delete(pid);
    }
    const group = look.inGroup(this.leader);
    const groupIsOurs = !this.#leaderReaped || [...members.values()].some((row) => row.group === this.leader);
    if (groupIsOurs) for (const row of group) this.#add(members, row);
    if (scope === "tree" || (!groupIsOurs && group.length > 0)) {
      for (const row of look.marked(this.#childId)) {
        if ((scope === "tree" || row.group === this.leader) && !this.#startedBeforeLeader(row)) this.#add(members, row);
      }
    }
    if (scope === "group") {
      return [...members.values()].filter((row) => row.group === this.leader);
    }
    for (const row of [...members.values()]) {
      for (const descendant of descendantsOf(row.pid, look.children)) this.#add(members, descendant);
    }
    return [...members.values()];
  }

  #add(members: Map<number, ProcessRow>, row: ProcessRow | undefined): void {
    if (!row || row.pid === process.pid || members.has(row.pid)) return;
    members.set(row.pid, row);
    this.#seen.set(row.pid, row.start);
  }

  /** A process that is older than the leader cannot have inherited the mark from it. */
  #startedBeforeLeader(row: ProcessRow): boolean {
    return this.#leaderStart !== undefined && Number(row.start) < Number(this.#leaderStart);
  }
}
