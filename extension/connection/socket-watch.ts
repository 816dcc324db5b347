import { existsSync, mkdirSync, watch } from "node:fs";
import { basename, dirname } from "node:path";
import type { Disposable } from "./rpc.js";

/**
 * Calls each time that the socket may have appeared: another program (a command in a terminal, another window) has
 * started the server. Where folders cannot be watched nothing is called, and the server is found at the next need.
 */
export function watchForSocket(path: string, onAppear: () => void): Disposable {
  const name = basename(path);
  try {
    // As the server makes it.
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const watcher = watch(dirname(path), { persistent: false }, (_event, changed) => {
      if ((changed === null || changed === name) && existsSync(path)) onAppear();
    });
    watcher.on("error", () => watcher.close());
    return { dispose: () => watcher.close() };
  } catch {
    return { dispose: () => {} };
  }
}
