import { closeSync, readdirSync, readFileSync } from "node:fs";

const closeOnExec = 0o2000000;

/**
 * Closes descriptors above standard error that the program that started this server had left open for it, such as that
 * of `exec 200>file; flock 200`: a server that outlives the script would hold its lock, and the server's children would
 * inherit it. Node opens its own descriptors so that no child inherits them, and marks those up to 15 alike.
 * Linux only: elsewhere they stay open.
 */
export function closeInherited(except: number | null): void {
  if (process.platform !== "linux") return;
  for (const name of readdirSync("/proc/self/fd")) {
    const fd = Number(name);
    if (fd > 2 && fd !== except && isInherited(fd)) closeSync(fd);
  }
}

function isInherited(fd: number): boolean {
  try {
    const [, flags] = /^flags:\t(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "latin1"))!;
    return (parseInt(flags!, 8) & closeOnExec) === 0;
  } catch {
    // It was that of the list.
    return false;
  }
}
