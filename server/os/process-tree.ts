import { childVariable } from "./environment.js";
import { hasInEnvironment, readLinuxRow } from "./proc.js";
import { childrenByParent, descendantsOf, type ProcessRow, type ProcessTable } from "./process-table.js";

/** `group`: the child's process group. `tree`: also all its descendants and, on Linux, those that left for another session or parent. */
export type TreeScope = "group" | "tree";

/** A child and whatever runs below it, told apart from strangers that were given a pid or group number again. */
export class ProcessTree {
  /** The child's pid, which is also the number of its process group. */
  readonly leader: number;
  readonly #mark: string;
  readonly #leaderStart: string | undefined;
  /** Members that were seen, by pid: when they started. */
  #seen = new Map<number, string>();
  #leaderReaped = false;

  constructor(leader: number, childId: string) {
    this.leader = leader;
    this.#mark = `${childVariable}=${childId}`;
    this.#leaderStart = process.platform === "linux" ? readLinuxRow(leader)?.start : undefined;
  }

  /**
   * Says that the leader's pid is free for others. Until now the system could not give it, or the group's number, to
   * anybody else; from now on only members that were seen, and their children, count.
   */
  leaderWasReaped(table: ProcessTable): void {
    this.members(table, "tree");
    this.#leaderReaped = true;
  }

  /** The members that live, the leader first. */
  members(table: ProcessTable, scope: TreeScope): ProcessRow[] {
    const members = new Map<number, ProcessRow>();
    if (!this.#leaderReaped) this.#add(members, table.get(this.leader));
    for (const [pid, start] of this.#seen) {
      const row = table.get(pid);
      if (row?.start === start) this.#add(members, row);
      else this.#seen.delete(pid);
    }
    const groupIsOurs = !this.#leaderReaped || [...members.values()].some((row) => row.group === this.leader);
    for (const row of table.values()) {
      if (row.group === this.leader && (groupIsOurs || this.#isMarked(row))) this.#add(members, row);
      else if (scope === "tree" && this.#isMarked(row)) this.#add(members, row);
    }
    if (scope === "group") {
      return [...members.values()].filter((row) => row.group === this.leader);
    }
    const children = childrenByParent(table);
    for (const row of [...members.values()]) {
      for (const descendant of descendantsOf(row.pid, children)) this.#add(members, descendant);
    }
    return [...members.values()];
  }

  #add(members: Map<number, ProcessRow>, row: ProcessRow | undefined): void {
    if (!row || row.pid === process.pid || members.has(row.pid)) return;
    members.set(row.pid, row);
    this.#seen.set(row.pid, row.start);
  }

  #isMarked(row: ProcessRow): boolean {
    if (process.platform !== "linux" || this.#startedBeforeLeader(row)) return false;
    return hasInEnvironment(row.pid, this.#mark);
  }

  /** Spares the look into most environments. */
  #startedBeforeLeader(row: ProcessRow): boolean {
    return this.#leaderStart !== undefined && Number(row.start) < Number(this.#leaderStart);
  }
}
