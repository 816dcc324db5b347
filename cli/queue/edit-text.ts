import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BatchEntryInfo } from "../../protocol/batch.js";
import { ExitError } from "../exit-error.js";
import { exitStatus } from "../exit-status.js";

type Editable = Pick<BatchEntryInfo, "command" | "cwd" | "name" | "group" | "priority" | "after" | "hook">;

/** Opens the entry in the user's editor. Returns what it is to become; the server checks it. Throws ExitError. */
export async function editText(entry: BatchEntryInfo): Promise<Editable> {
  const { command, cwd, name, group, priority, after, hook } = entry;
  const before = `${JSON.stringify({ command, cwd, name, group, priority, after, hook }, null, 2)}\n`;
  const folder = mkdtempSync(join(tmpdir(), "polyproc-edit-"));
  try {
    const file = join(folder, `queue-${entry.entry}.json`);
    writeFileSync(file, before, { mode: 0o600 });
    const editor = process.env["VISUAL"] || process.env["EDITOR"] || "vi";
    const status = await run(editor, file);
    if (status !== 0) throw new ExitError(exitStatus.failed, `the editor ${editor} ended with status ${status}`);
    const after = readFileSync(file, "utf8");
    if (after === before) throw new ExitError(exitStatus.failed, "nothing was changed");
    return JSON.parse(after) as Editable;
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new ExitError(exitStatus.failed, `nothing was changed: that is not JSON: ${error.message}`);
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** By `sh`: the variable may hold options. */
function run(editor: string, file: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn("sh", ["-c", `${editor} "$1"`, "sh", file], { stdio: "inherit" });
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}
