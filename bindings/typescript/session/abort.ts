/** What to do when a signal fires. */
const actions = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `action` when the signal fires, or at once if it has. Returns a function that forgets the action. A signal gets
 * one listener, however many calls share it: Node warns of a leak from the eleventh listener on.
 */
export function onAbort(signal: AbortSignal, action: () => void): () => void {
  if (signal.aborted) {
    action();
    return () => {};
  }
  let ofSignal = actions.get(signal);
  if (!ofSignal) {
    actions.set(signal, (ofSignal = new Set()));
    signal.addEventListener("abort", fired, { once: true });
  }
  const all = ofSignal;
  // The same action may wait twice.
  const own = (): void => action();
  all.add(own);
  return () => {
    if (!all.delete(own) || all.size > 0 || actions.get(signal) !== all) return;
    signal.removeEventListener("abort", fired);
    actions.delete(signal);
  };
}

function fired(event: Event): void {
  const signal = event.target as AbortSignal;
  const all = actions.get(signal);
  actions.delete(signal);
  if (!all) return;
  for (const action of all) {
    all.delete(action);
    try {
      action();
    } catch (error) {
      // As for a listener of the signal: the others are called, too.
      process.nextTick(() => {
        throw error;
      });
    }
  }
}
