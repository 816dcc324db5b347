import { describeWait } from "../../protocol/describe-wait.js";
import type { WaitInfo } from "../../protocol/waits.js";
import { rowText } from "./amounts.js";
import { handleName } from "./names.js";
import type { Snapshot } from "./snapshot.js";
import type { Detail } from "./tree/tree-node.js";
import { t } from "../l10n.js";

/** The waits of a process that the server started, the oldest first. */
export function waitsOf(process: string, { known }: Pick<Snapshot, "known">): readonly WaitInfo[] {
  for (const waits of known.waits.values()) if (waits[0]?.process === process) return waits;
  return [];
}

/** For the narrow side bar: `waits for db`. */
export function waitText(waits: readonly WaitInfo[]): string | null {
  const [first] = waits;
  if (!first) return null;
  return t(first.deadlock === null ? "waits for {0}" : "stuck: waits for {0}", handleName(first.object));
}

/** The reason of each wait: which process can end it, and since when it lasts. */
export function waitDetails(waits: readonly WaitInfo[], at: number): Detail[] {
  return waits.slice(0, 4).map((wait, i) => [i === 0 ? t("Why") : "", rowText(describeWait(wait, at), 300)]);
}
