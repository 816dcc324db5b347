import type { Connection } from "./connection.js";

/**
 * When the script has nothing left to do, its session ends as a Python program does: daemonic children are ended, the
 * others are waited for. `process.exit()` does not wait: the script's children end with it, unless their
 * `onParentDeath` is `continue`.
 */
export function endWithScript(connection: Connection): void {
  const end = () => {
    // Nobody is left to be told of a fault here; the server ends with its client in any case.
    connection.close().catch(() => {});
  };
  process.on("beforeExit", end);
  void connection.closed.then(() => process.off("beforeExit", end));
}
