import { constants } from "node:os";
import { reapProcess } from "../../../native/load.js";
import type { ExitStatus } from "../../engine/processes/spawner.js";

/** By pid. Each is reaped here, and by nothing else. */
const living = new Map<number, (status: ExitStatus) => void>();
let isWatching = false;
/** Holds the event loop while a process lives, as a child of Node's does: a listener of signals does not. */
let hold: NodeJS.Timeout | undefined;
const holdMs = 1000;

/** To be called before a process is started: one that exits at once would not be noticed otherwise. */
export function watchExits(): void {
  if (isWatching) return;
  isWatching = true;
  process.on("SIGCHLD", reap);
}

/** `exited` is called in a later turn. */
export function awaitExit(pid: number, exited: (status: ExitStatus) => void): void {
  living.set(pid, exited);
  hold ??= setInterval(reap, holdMs);
}

/** One signal can stand for several exits. */
function reap(): void {
  for (const [pid, exited] of living) {
    const how = reapProcess(pid);
    if (how === null) continue;
    living.delete(pid);
    exited(how >= 0 ? { exitCode: how, signal: null } : { exitCode: null, signal: nameOf(-how) });
  }
  if (living.size > 0) return;
  clearInterval(hold);
  hold = undefined;
}

function nameOf(signal: number): string {
  return Object.entries(constants.signals).find(([, number]) => number === signal)?.[0] ?? `SIG${signal}`;
}
