import type { BatchEntryInfo, BatchGroupInfo } from "../../protocol/batch.js";
import { ExitError } from "../exit-error.js";
import { exitStatus } from "../exit-status.js";
import { entryNumbers } from "./entry-numbers.js";

/** The entries with these numbers, or all; of this group, if it is given. Throws ExitError if one is missing. */
export function chosenEntries(
  { entries, groups }: { entries: readonly BatchEntryInfo[]; groups: readonly BatchGroupInfo[] },
  ids: readonly string[],
  group?: string,
): BatchEntryInfo[] {
  if (group !== undefined && !groups.some((each) => each.group === group))
    throw new ExitError(
      exitStatus.failed,
      `the queue has no group ${JSON.stringify(group)}; it has ${groups.map((each) => each.group).join(", ")}`,
    );
  const ofGroup = entries.filter((entry) => group === undefined || entry.group === group);
  if (ids.length === 0) return ofGroup;
  const byNumber = new Map(ofGroup.map((entry) => [entry.entry, entry]));
  return entryNumbers(ids).map((number) => {
    const entry = byNumber.get(number);
    if (!entry)
      throw new ExitError(
        exitStatus.failed,
        `there is no entry ${number} in the ${group === undefined ? "queue" : `group ${group}`}; ` +
          "polyproc status lists them",
      );
    return entry;
  });
}
