import { signalStatus } from "./exit-status.js";
import type { Interruption } from "./signals.js";

/** How the command line ends: with an exit status, or by the signal that interrupted it. */
export type Ending = number | Interruption;

/**
 * Ends this process. After a signal it ends by that signal itself: a shell then stops its script, which it does not do
 * for a status of 130. Call it when nothing is left to do or to write.
 */
export function endAs(ending: Ending): void {
  if (typeof ending === "number") {
    process.exitCode = ending;
    return;
  }
  process.exitCode = signalStatus(ending);
  // Windows has no such end, so the status has to do.
  if (process.platform === "win32") return;
  process.removeAllListeners(ending);
  process.kill(process.pid, ending);
}
