import type { BatchGroupInfo } from "../../../protocol/batch.js";
import type { StoredSettings } from "../../../protocol/batch-record.js";
import { PolyprocError } from "../../../protocol/errors.js";

const defaultGroup = "default";
const maxGroups = 1000;

/** The groups of the batch queue, and the number of its next entry: what is stored besides the entries. */
export class BatchGroups {
  readonly #groups = new Map<string, BatchGroupInfo>();
  nextEntry: number;

  /** `used`: the groups of the entries; one that is not stored any more is made anew. `last`: the largest number. */
  constructor(stored: StoredSettings | null, used: readonly string[], last: number) {
    this.nextEntry = Math.max(stored?.nextEntry ?? 1, last + 1);
    for (const group of stored?.groups ?? []) this.#groups.set(group.group, group);
    for (const group of [defaultGroup, ...used]) if (!this.#groups.has(group)) this.#groups.set(group, newGroup(group));
  }

  get all(): ReadonlyMap<string, BatchGroupInfo> {
    return this.#groups;
  }

  get(name: string): BatchGroupInfo {
    const group = this.#groups.get(name);
    if (!group)
      throw new PolyprocError(
        "BadState",
        `the queue has no group ${JSON.stringify(name)}; it has ${[...this.#groups.keys()].join(", ")}`,
      );
    return group;
  }

  /** Makes the group if it was removed. */
  keep(name: string): void {
    if (!this.#groups.has(name)) this.#groups.set(name, newGroup(name));
  }

  list(): BatchGroupInfo[] {
    return [...this.#groups.values()];
  }

  /**
   * Pauses the groups that a request names, or lets them go on: one, or all if it names no entries either. Returns
   * whether there are any.
   */
  pause(entries: readonly number[] | undefined, name: string | undefined, paused: boolean): boolean {
    const all = entries === undefined ? [...this.#groups.values()] : [];
    const chosen = name === undefined ? all : [this.get(name)];
    for (const group of chosen) this.#groups.set(group.group, { ...group, paused });
    return chosen.length > 0;
  }

  set(changes: { group: string; slots?: number | undefined; hook?: string | null | undefined }): BatchGroupInfo {
    const before = this.#groups.get(changes.group);
    if (!before && this.#groups.size >= maxGroups)
      throw new PolyprocError("Overloaded", `the queue has ${maxGroups} groups already: remove some`);
    const old = before ?? newGroup(changes.group);
    const group = {
      ...old,
      slots: changes.slots ?? old.slots,
      hook: changes.hook === undefined ? old.hook : changes.hook,
    };
    this.#groups.set(group.group, group);
    return group;
  }

  /** `user`: number of an entry of this group. */
  remove(name: string, user: number | null): void {
    this.get(name);
    if (name === defaultGroup) throw new PolyprocError("BadState", `the group ${defaultGroup} cannot be removed`);
    if (user !== null)
      throw new PolyprocError("BadState", `entry ${user} is in the group ${name}: remove or edit it first`);
    this.#groups.delete(name);
  }

  stored(): StoredSettings {
    return { version: 1, nextEntry: this.nextEntry, groups: this.list() };
  }
}

function newGroup(group: string): BatchGroupInfo {
  return { group, slots: 1, paused: false, hook: null };
}
