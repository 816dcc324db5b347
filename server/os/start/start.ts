import { hasNative } from "../../../native/load.js";
import type { Launch } from "./launch.js";
import { StandardPipes, type PipeMaker } from "./standard-pipes.js";
import type { Running, StartEvents } from "./running.js";
import { startBorrowing } from "./start-borrowing.js";
import { startCopying } from "./start-copying.js";

/**
 * Starts a program in a session of its own. Null: it could not be started, and `failed` tells why. Borrowing costs half
 * a millisecond. Copying, which is Node's own way, costs as much for each 10 MB of this process; it remains for
 * systems without the native code, and reports what is wrong with a program that cannot be started.
 */
export function start(launch: Launch, makePipe: PipeMaker, events: StartEvents): Running | null {
  // A FIFO that `mkfifo` made is no input: who opens it by its name waits for a writer, and all may have been written.
  const pipes = StandardPipes.open(launch.stdin && hasNative(), makePipe);
  return (pipes && startBorrowing(launch, pipes, events)) ?? startCopying(launch, pipes, events);
}
