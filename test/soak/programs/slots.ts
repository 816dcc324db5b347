import { linkSync, readFileSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isLiving } from "../../living.js";
import type { Log } from "../log.js";

/** A process whose connection has ended may be seen for a moment until the kernel has taken it away. */
const dyingMs = 10_000;

/**
 * Proves exclusion by the file system: a process that is let in makes one of `count` files, which must not exist unless
 * its maker was killed. Resolves with the file, which the process removes before it leaves. Two processes that are
 * inside at the same time are a violation.
 */
export async function enter(log: Log, folder: string, name: string, count: number): Promise<string> {
  const paths = Array.from({ length: count }, (_, i) => join(folder, `${name}.${i}`));
  const end = performance.now() + dyingMs;
  for (;;) {
    for (const path of paths) if (make(path)) return path;
    for (const path of paths) takeAwayOfDead(path);
    if (performance.now() > end) {
      log.write("violation", { text: `${count} were inside of ${name}: ${paths.map(makerOf).join()}` });
      return "";
    }
    await delay(1);
  }
}

export function leave(path: string): void {
  if (path !== "") unlinkSync(path);
}

/** The file names its maker from the first moment on, also when that is killed in the middle. */
function make(path: string): boolean {
  const named = `${path}.${process.pid}.made`;
  writeFileSync(named, String(process.pid));
  try {
    linkSync(named, path);
    return true;
  } catch {
    return false;
  } finally {
    unlinkSync(named);
  }
}

function makerOf(path: string): number {
  try {
    return Number(readFileSync(path, "utf8"));
  } catch {
    return 0;
  }
}

function takeAwayOfDead(path: string): void {
  const maker = makerOf(path);
  // 0: it has just gone.
  if (maker === 0 || isLiving(maker)) return;
  try {
    const away = `${path}.${process.pid}`;
    renameSync(path, away);
    unlinkSync(away);
  } catch {
    // Another did.
  }
}
