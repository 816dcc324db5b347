import type { Log } from "../log.js";
import type { Random } from "../random.js";

/** What every program is told. */
export interface Params {
  log: string;
  seed: number;
  /** It begins nothing new after this. */
  lengthMs: number;
  /** Operations at most. */
  count: number;
  /** Options of this scenario. */
  // oxlint-disable-next-line typescript/no-explicit-any -- each workload knows its own
  [name: string]: any;
}

export interface Work {
  params: Params;
  log: Log;
  random: Random;
  /** Whether there is something left to do: false after `count` calls, or when the time is over. */
  goesOn(): boolean;
}

export type Workload = (work: Work) => Promise<void>;

/** Writes an error to the log, with its name, which the scenario judges. */
export function writeError(log: Log, where: string, error: unknown): void {
  // What `await using` makes of two: that of the block, and that of its end.
  const {
    name,
    message,
    code,
    suppressed,
    error: atEnd,
  } = error as { name?: string; message?: string; code?: unknown; suppressed?: unknown; error?: unknown };
  if (name === "SuppressedError") {
    writeError(log, where, suppressed);
    writeError(log, `the end of ${where}`, atEnd);
    return;
  }
  log.write("error", {
    where,
    name: name ?? typeof error,
    code: typeof code === "string" ? code : undefined,
    message: message ?? String(error),
  });
}
