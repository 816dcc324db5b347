import type { Connection } from "./connection.js";

/**
 * When the script has no work left, its session ends as a Python program does: daemonic children are ended, then the
 * others are waited for. `process.exit()` does not wait: the children end with the script, unless their `onParentDeath`
 * is `continue`.
 */
export function endWithScript(connection: Connection): void {
  const end = () => {
    // No caller is left to receive an error. The server ends with its client in any case.
    connection.close().catch(() => {});
  };
  process.on("beforeExit", end);
  void connection.closed.then(() => process.off("beforeExit", end));
}
