import { existsSync, mkdirSync, watch } from "node:fs";
import { basename, dirname } from "node:path";
import type { Disposable } from "./rpc.js";

/**
 * Calls `onAppear` each time the socket may have appeared because another program (a command in a terminal, another
 * window) has started the server. Where folders cannot be watched, it is never called: the window finds the server when
 * it next needs one.
 */
export function watchForSocket(path: string, onAppear: () => void): Disposable {
  const name = basename(path);
  try {
    // With the mode that the server uses.
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
