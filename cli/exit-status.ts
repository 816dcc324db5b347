import { constants } from "node:os";

/** Exit statuses of the command line. A command that runs a single other command passes on its status. */
export const exitStatus = {
  ok: 0,
  /** Some items failed, or a named object was not found. */
  failed: 1,
  /** The command line cannot be understood; the message says what to change. */
  usage: 2,
  /** `EX_UNAVAILABLE`: no server answers, or the server ended. */
  unavailable: 69,
  /** `EX_TEMPFAIL`: `lock` or `sem` timed out; try again later. */
  tryLater: 75,
  /** As in shells. */
  notExecutable: 126,
  commandNotFound: 127,
} as const;

/** The status for a command that signal N ended: 128 + N, as in shells. */
export function signalStatus(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

/** A process's exit code as a shell reports it: 128 + N for −N. */
export function shellStatus(exitCode: number): number {
  return exitCode < 0 ? 128 - exitCode : exitCode;
}
