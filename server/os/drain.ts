import type { Running } from "./start/running.js";

/** Milliseconds that a descendant may hold the pipes of an exited child open before the impatient phase begins. */
const patienceMs = 200;
/** In the impatient phase reading ends after this many milliseconds without a byte, */
const gapMs = 50;
/** or this many milliseconds after the exit, */
const limitMs = 2000;
/** or this many, if a watcher paused the pipes again and again. */
const pausedLimitMs = 10_000;

/**
 * Reads a child's pipes after its exit. Calls `done` once: when the pipes are at their end, or when only a surviving
 * descendant can hold them open. Paused pipes are resumed, since the rest is little more than the pipes hold.
 * `impatient` is called at most once, before `done`, when the impatient phase begins.
 */
export function drain(child: Running, impatient: () => void, done: () => void): void {
  const exitedAt = performance.now();
  const pipes = [child.stdout, child.stderr, child.connection].filter((stream) => stream !== null);
  const bytesRead = () => pipes.reduce((sum, pipe) => sum + pipe.bytesRead, 0);
  let state: "patient" | "impatient" | "done" = "patient";
  let before = -1;
  let timer = setTimeout(lookLater, patienceMs);
  for (const pipe of pipes) pipe.once("close", closed);
  resumeAll();
  // They may have been closed before. `done` is called in a later turn, all the same.
  process.nextTick(closed);

  function closed(): void {
    if (pipes.every((pipe) => pipe.closed)) finish();
  }

  /** After a long turn of the event loop, timers fire before the pipes are read. So this reads the pipes first. */
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

  /** Returns whether any pipe was paused. */
  function resumeAll(): boolean {
    const paused = pipes.filter((pipe) => pipe.isPaused() && !pipe.destroyed);
    for (const pipe of paused) pipe.resume();
    return paused.length > 0;
  }

  function finish(): void {
    if (state === "done") return;
    state = "done";
    clearTimeout(timer);
    for (const pipe of pipes) pipe.destroy();
    done();
  }
}
