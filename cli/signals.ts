export type Interruption = "SIGINT" | "SIGTERM" | "SIGHUP";

/**
 * Calls `listener` for each of these signals; the process then does not end. Returns a function that restores the
 * default.
 */
export function onInterruption(listener: (signal: Interruption) => void): () => void {
  const names: Interruption[] = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const name of names) process.on(name, listener);
  return () => {
    for (const name of names) process.off(name, listener);
  };
}
