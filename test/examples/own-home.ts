import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compiled } from "../fixture.js";

/** An editor's environment with `home` as the user's folder: the editor finds and leaves nothing in the real one. */
export function ownHome(home: string): Record<string, string> {
  return {
    HOME: home,
    XDG_CACHE_HOME: home,
    XDG_STATE_HOME: home,
    XDG_DATA_HOME: home,
    XDG_CONFIG_HOME: home,
    LC_ALL: "C.UTF-8",
  };
}

/** Writes a program that is this checkout's command line into the folder. Returns its path. */
export function commandIn(folder: string): string {
  const command = join(folder, "polyproc");
  writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${compiled("cli/main")}' "$@"\n`);
  chmodSync(command, 0o755);
  return command;
}
