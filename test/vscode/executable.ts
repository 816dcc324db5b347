import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { downloadAndUnzipVSCode } from "@vscode/test-electron";
import { compiled } from "../fixture.js";

/**
 * The program that `runTests` starts: VSCODE_TEST_EXECUTABLE; a desktop VS Code that can be downloaded (of
 * VSCODE_TEST_VERSION, default `stable`) where there is a screen to show it on; else a script in `folder` that stands
 * in for it with the offline one. Never nothing.
 */
export async function vscodeExecutable(folder: string): Promise<string> {
  const given = process.env["VSCODE_TEST_EXECUTABLE"];
  if (given) return given;
  if (usesDesktop()) {
    const version = process.env["VSCODE_TEST_VERSION"] ?? "stable";
    try {
      return await downloadAndUnzipVSCode({ version, timeout: 15_000 });
    } catch (error) {
      console.log(`no desktop VS Code ${version} (${(error as Error).message}): the offline one is used`);
    }
  }
  const script = join(folder, "code");
  writeFileSync(
    script,
    `#!/bin/sh\nexec '${process.execPath}' --enable-source-maps '${compiled("test/vscode/code-offline")}' "$@"\n`,
  );
  chmodSync(script, 0o755);
  return script;
}

/** Whether a desktop VS Code is tried first. VSCODE_TEST_VERSION=offline: never. */
export function usesDesktop(): boolean {
  if (process.env["VSCODE_TEST_EXECUTABLE"]) return true;
  return hasScreen() && process.env["VSCODE_TEST_VERSION"] !== "offline";
}

function hasScreen(): boolean {
  return process.platform !== "linux" || Boolean(process.env["DISPLAY"] || process.env["WAYLAND_DISPLAY"]);
}
