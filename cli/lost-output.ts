import { ExitError } from "./exit-error.js";
import { exitStatus, signalStatus } from "./exit-status.js";

/** Whether the reader of standard output has closed it, such as `| head`. Other errors lose output. */
export function readerEnded({ code }: NodeJS.ErrnoException): boolean {
  return code === "EPIPE" || code === "ERR_STREAM_DESTROYED";
}

export function outputLost(error: Error): ExitError {
  return new ExitError(
    exitStatus.failed,
    `standard output cannot be written, so output is lost (${error.message}); ` +
      "check where it goes, and that there is room",
  );
}

/**
 * The listener for errors of standard output, for commands that only print. A `Terminal` replaces it, so that running
 * items can be ended first.
 */
export function endWithoutOutput(error: NodeJS.ErrnoException): void {
  if (readerEnded(error)) process.exit(signalStatus("SIGPIPE"));
  process.stderr.write(`polyproc: ${outputLost(error).message}\n`);
  process.exit(exitStatus.failed);
}
