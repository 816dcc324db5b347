import type { Progress, Total } from "./progress.js";
import type { Tally } from "./tally.js";

/** Starts the display that suits where the output goes. */
export async function startProgress(tally: Tally, total: Total): Promise<Progress> {
  if (process.stdout.isTTY) return new (await import("./terminal-progress.js")).TerminalProgress(tally, total);
  return new (await import("./line-progress.js")).LineProgress(tally, total);
}
