import type { Tally } from "./tally.js";
import type { News } from "./digest.js";

/** Shows how far the run is, while it runs. */
export interface Progress {
  /** A worker told how far it is with a large file. */
  news(news: News): void;
  stop(): void;
}

export interface Total {
  files: number;
  bytes: number;
}

/** Starts the display that suits where the output goes. */
export async function startProgress(tally: Tally, total: Total, root: string): Promise<Progress> {
  if (process.stdout.isTTY) return new (await import("./terminal-progress.js")).TerminalProgress(tally, total, root);
  return new (await import("./line-progress.js")).LineProgress(tally, total);
}
