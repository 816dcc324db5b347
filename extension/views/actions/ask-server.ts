import * as vscode from "vscode";
import type { Rpc } from "../../connection/rpc.js";
import { isUnknown } from "../documents/read-output.js";
import { connectedRpc, type ViewParts } from "../view-parts.js";
import { t } from "../../l10n.js";

const statusMs = 4000;

/**
 * Asks the server for several things at once. If one of them has already ended, that is what the user wanted. Another
 * failure is shown once, and is in the log.
 */
export async function askServer<T>(
  parts: ViewParts,
  what: string,
  all: readonly T[],
  ask: (rpc: Rpc, one: T) => Promise<unknown>,
): Promise<void> {
  if (all.length === 0) return;
  const rpc = connectedRpc(parts);
  if (rpc === null) {
    void vscode.window.showWarningMessage(
      t("{0}: no server is connected, so none of its processes runs any more.", what),
    );
    return;
  }
  const outcomes = await Promise.allSettled(all.map((one) => ask(rpc, one)));
  const errors = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as unknown] : []));
  const failures = errors.filter((error) => !isUnknown(error));
  for (const failure of failures) parts.log.error(`${what}:`, failure);
  if (failures.length > 0) {
    const first = failures[0] instanceof Error ? failures[0].message : String(failures[0]);
    void vscode.window.showErrorMessage(
      failures.length > 1
        ? t("{0}: {1} (and {2} more, see the log)", what, first, failures.length - 1)
        : `${what}: ${first}`,
    );
  } else if (errors.length > 0) {
    vscode.window.setStatusBarMessage(
      errors.length === 1 ? t("It had already ended.") : t("{0} had already ended.", errors.length),
      statusMs,
    );
  }
}
