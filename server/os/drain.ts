import type { ChildProcess } from "node:child_process";
import { Socket } from "node:net";

/** A descendant that holds the pipes of a child that has exited is waited for so long. */
const patienceMs = 200;
/** What still comes after that is read as long as it comes without such a gap, */
const gapMs = 50;
/** but never longer than this after the exit. */
const limitMs = 2000;

/**
 * After a child's exit: calls `done` once, when its pipes have been read to their end, or when only a surviving descendant
 * can be holding them. `impatient` is called at most once, before `done`, when the patience has run out.
 */
export function drain(child: ChildProcess, impatient: () => void, done: () => void): void {
  const exitedAt = performance.now();
  const pipes = child.stdio.slice(1).filter((stream) => stream instanceof Socket);
  const bytesRead = () => pipes.reduce((sum, pipe) => sum + pipe.bytesRead, 0);
  let state: "patient" | "impatient" | "done" = "patient";
  let before = -1;
  let timer = setTimeout(lookLater, patienceMs);
  child.once("close", finish);

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
    if (now === before || performance.now() - exitedAt >= limitMs) return finish();
    before = now;
    timer = setTimeout(lookLater, gapMs);
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
