import { closeSync, mkdirSync, openSync, rmdirSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { OutputFile, OutputFolder } from "../engine/processes/spawner.js";

/** A folder for output of commands, made with its first file. The path must not exist yet. */
export function openOutputFolder(path: string): OutputFolder {
  const files = new Set<string>();
  let made = false;
  return {
    create(name: string): OutputFile {
      if (!made) mkdirSync(path, { mode: 0o700 });
      made = true;
      const file = join(path, name);
      const descriptor = openSync(file, "w", 0o600);
      files.add(file);
      let open = true;
      return {
        path: file,
        write(data) {
          for (let at = 0; at < data.length;) at += writeSync(descriptor, data, at);
        },
        close() {
          if (open) closeSync(descriptor);
          open = false;
        },
      };
    },
    remove() {
      for (const file of files) rmSync(file, { force: true });
      if (!made) return;
      try {
        rmdirSync(path);
      } catch {
        // Its owner has removed it, or has put files of its own there.
      }
    },
  };
}
