import type { Connection } from "../../bindings/typescript/session/connection.js";
import { ExitError } from "../exit-error.js";
import type { Ending } from "../ending.js";
import { exitStatus } from "../exit-status.js";
import { onInterruption, type Interruption } from "../signals.js";
import { HeldCommand } from "./held-command.js";
import type { Primitive } from "./primitive.js";

/** On a terminal: after this wait, in milliseconds, say who holds the primitive. */
const sayAfterMs = 1000;

/**
 * Runs the command while holding the primitive. Returns how the command ended, or null if the primitive was not free
 * within `timeoutMs`.
 */
export async function hold(
  connection: Connection,
  primitive: Primitive,
  command: readonly string[],
  timeoutMs: number | null,
): Promise<Ending | null> {
  await primitive.create(connection);
  const remark = await primitive.remark(connection);
  if (remark !== null) say(`${primitive.title}: ${remark}`);
  const held = await acquireAndStart(connection, primitive, command, timeoutMs);
  return held instanceof HeldCommand ? untilEnded(connection, primitive, held) : held;
}

/** Returns the signal that ended the wait, if one did; null if the primitive was not free in time. */
async function acquireAndStart(
  connection: Connection,
  primitive: Primitive,
  command: readonly string[],
  timeoutMs: number | null,
): Promise<HeldCommand | Interruption | null> {
  const abort = new AbortController();
  const stopWatching = onInterruption((signal) => abort.abort(signal));
  const timer = process.stderr.isTTY
    ? setTimeout(() => void tellWhoHolds(connection, primitive), sayAfterMs)
    : undefined;
  try {
    const taken = await primitive.acquire(connection, timeoutMs, abort.signal);
    if (!taken.acquired) {
      say(`${primitive.title} was not free${timeoutMs ? " in time" : ""}: ${await primitive.holders(connection)}`);
      return null;
    }
    if (taken.ownerDied) say(`the last holder of ${primitive.title} was killed: what it was doing may be half done`);
    // The command watches for signals itself from here on.
    if (!abort.signal.aborted) return new HeldCommand(command);
    await primitive.release(connection);
  } catch (error) {
    if (!abort.signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
    stopWatching();
  }
  return abort.signal.reason as Interruption;
}

async function tellWhoHolds(connection: Connection, primitive: Primitive): Promise<void> {
  // If the server ends, the pending `acquire` reports it.
  const holders = await primitive.holders(connection).catch(() => null);
  if (holders !== null) say(`waiting for ${primitive.title}: ${holders}`);
}

async function untilEnded(connection: Connection, primitive: Primitive, held: HeldCommand): Promise<Ending> {
  let lost = false;
  let running = true;
  void connection.closed.then(() => {
    if (!running) return;
    lost = true;
    say(`the server has gone, and ${primitive.title} with it: ending the command`);
    held.end();
  });
  const ending = await held.ending;
  running = false;
  if (lost) throw new ExitError(exitStatus.unavailable, `${primitive.title} was lost while the command ran`);
  await primitive.release(connection);
  return ending;
}

function say(text: string): void {
  process.stderr.write(`polyproc: ${text}\n`);
}
