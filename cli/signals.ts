export type Interruption = "SIGINT" | "SIGTERM" | "SIGHUP";

/** Calls with each of these signals, instead of ending. Returns a function that restores what was. */
export function onInterruption(listener: (signal: Interruption) => void): () => void {
  const names: Interruption[] = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const name of names) process.on(name, listener);
  return () => {
    for (const name of names) process.off(name, listener);
  };
}
