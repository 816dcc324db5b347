/**
 * On Ctrl-Z, stops these process groups and then this process. After `fg` or `bg` all of them continue. `groups`: the
 * pids of their leaders. Returns a function that restores the default.
 */
export function onSuspension(groups: () => Promise<readonly number[]>): () => void {
  if (process.platform === "win32") return () => {};
  let suspending = false;
  const suspend = async () => {
    if (suspending) return;
    suspending = true;
    const stopped = await groups();
    process.once("SIGCONT", () => {
      suspending = false;
      for (const leader of stopped) signalGroup(leader, "SIGCONT");
    });
    for (const leader of stopped) signalGroup(leader, "SIGSTOP");
    // Not SIGTSTP: the kernel ignores it where no shell controls jobs, and the groups would stay stopped.
    process.kill(process.pid, "SIGSTOP");
  };
  const listener = () => void suspend();
  process.on("SIGTSTP", listener);
  return () => void process.off("SIGTSTP", listener);
}

/** `leader`: its pid. */
export function signalGroup(leader: number, name: "SIGSTOP" | "SIGCONT"): void {
  try {
    process.kill(-leader, name);
  } catch {
    // It has ended.
  }
}
