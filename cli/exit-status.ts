import { constants } from "node:os";

/** Exit statuses of the command line. Commands that run one other command pass that one's status on. */
export const exitStatus = {
  ok: 0,
  /** Some items failed, or something asked for was not found. */
  failed: 1,
  /** The command line cannot be understood; the message says what to change. */
  usage: 2,
  /** `EX_UNAVAILABLE`: no server answers, or it went away. */
  unavailable: 69,
  /** `EX_TEMPFAIL`: `lock` or `sem` gave up waiting; try again later. */
  tryLater: 75,
  /** As shells say it. */
  notExecutable: 126,
  commandNotFound: 127,
} as const;

/** 128 + N, as shells report a command that signal N ended. */
export function signalStatus(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

/** The status of a process, as a shell reports it: 128 + N for −N. */
export function shellStatus(exitCode: number): number {
  return exitCode < 0 ? 128 - exitCode : exitCode;
}
