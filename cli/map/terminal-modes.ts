import { spawnSync } from "node:child_process";

/** Null if they cannot be read: then they are not restored. */
export function modesOf(terminal: number): string | null {
  const { status, stdout } = spawnSync("stty", ["-g"], { stdio: [terminal, "pipe", "ignore"], encoding: "utf8" });
  return status === 0 ? stdout.trim() : null;
}

/** This process's group must have the terminal: a program in the background that changes the modes is stopped. */
export function restoreModes(terminal: number, modes: string | null): void {
  if (modes !== null) spawnSync("stty", [modes], { stdio: [terminal, "ignore", "ignore"] });
}
