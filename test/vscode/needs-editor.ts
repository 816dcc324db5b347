import { existsSync } from "node:fs";
import { join } from "node:path";
import { needs } from "../tools/needs.js";
import type { ToolName } from "../tools/tools.js";
import { usesDesktop } from "./executable.js";
import { offlineHome, parts } from "./offline-home.js";

/** What the tests in a window need: the offline VS Code, or what it is built with, a browser, and `more`. */
export function needsWindow(...more: ToolName[]): { skip: string | false } {
  if (process.platform !== "linux" || process.arch !== "x64")
    return { skip: `there is no VS Code for ${process.platform} on ${process.arch} in the npm registry` };
  const forBuild: ToolName[] = existsSync(join(offlineHome, parts.stamp)) ? [] : ["python3", "make", "c++"];
  return needs("chromium", "git", ...forBuild, ...more);
}

/** What the tests in an extension host need. */
export function needsHost(): { skip: string | false } {
  return usesDesktop() ? needs("git") : needsWindow();
}
