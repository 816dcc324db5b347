import type { Handle } from "../../../protocol/schema.js";
import type { Session } from "../session.js";
import { Wait } from "../wait.js";

/** Something that becomes ready: a pipe end when it can be read, a process when it has exited. */
export interface ReadySource {
  readonly handle: Handle;
  readonly ready: boolean;
  /** Calls the listener when the source becomes ready, perhaps more than once. Returns a function that removes it. */
  onReady(listener: () => void): () => void;
}

export interface ReadyResult {
  ready: Handle[];
}

/**
 * Python's `connection.wait`: waits until a source is ready, then returns all that are ready. On timeout the list is
 * empty.
 */
export function waitForAny(
  session: Session,
  sources: readonly ReadySource[],
  timeoutMs: number | null | undefined,
): ReadyResult | Wait<ReadyResult> {
  const readyNow = () => ({ ready: sources.filter((source) => source.ready).map((source) => source.handle) });
  const result = readyNow();
  if (result.ready.length > 0 || timeoutMs === 0) return result;
  const stops: (() => void)[] = [];
  const stopAll = () => {
    for (const stop of stops) stop();
  };
  const wait = new Wait<ReadyResult>(session, { timeoutMs, onTimeout: () => ({ ready: [] }), onLeave: stopAll });
  for (const source of sources) {
    stops.push(
      source.onReady(() => {
        const { ready } = readyNow();
        if (ready.length === 0) return;
        stopAll();
        wait.resolve({ ready });
      }),
    );
  }
  return wait;
}
