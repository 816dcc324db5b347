import type { ChildProcess } from "node:child_process";
import { Socket } from "node:net";

/** A descendant that holds the pipes of a child that has exited is waited for so long. */
const patienceMs = 200;
/** What still comes after that is read as long as it comes without such a gap, */
const gapMs = 50;
/** but no longer than this after the exit, */
const limitMs = 2000;
/** or this, as long as a reader pauses again and again. */
const pausedLimitMs = 10_000;

/**
 * After a child's exit: calls `done` once, when its pipes have been read to their end, or when only a surviving descendant
 * can be holding them. A reader that has paused is made to read: the rest is little more than the pipes hold. `impatient` is called at most once, before `done`, when the patience has run out.
 */
export function drain(child: ChildProcess, impatient: () => void, done: () => void): void {
  const exitedAt = performance.now();
  const pipes = child.stdio.slice(1).filter((stream) => stream instanceof Socket);
  const bytesRead = () => pipes.reduce((sum, pipe) => sum + pipe.bytesRead, 0);
  let state: "patient" | "impatient" | "done" = "patient";
  let before = -1;
  let timer = setTimeout(lookLater, patienceMs);
  child.once("close", finish);
  resumeAll();

  /** After a long turn of the event loop the timer comes before what waits in the pipes: that is read first. */
  function lookLater(): void {
    setImmediate(() => setImmediate(look));
  }

  function look(): void {
    if (state === "done") return;
    if (state === "patient") {
      state = "impatient";
      impatient();
    }
    const now = bytesRead();
    const wasPaused = resumeAll();
    const waitedMs = performance.now() - exitedAt;
    if (!wasPaused && (now === before || waitedMs >= limitMs)) return finish();
    if (waitedMs >= pausedLimitMs) return finish();
    before = now;
    timer = setTimeout(lookLater, gapMs);
  }

  /** Whether any was paused. */
  function resumeAll(): boolean {
    const paused = pipes.filter((pipe) => pipe.isPaused() && !pipe.destroyed);
    for (const pipe of paused) pipe.resume();
    return paused.length > 0;
  }

  function finish(): void {
    if (state === "done") return;
    state = "done";
    clearTimeout(timer);
    child.off("close", finish);
    for (const pipe of pipes) pipe.destroy();
    done();
  }
}
