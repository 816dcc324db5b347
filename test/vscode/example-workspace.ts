import { execFile } from "node:child_process";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "../fixture.js";

const run = promisify(execFile);

/**
 * A copy of examples/workspace, committed to a repository of its own: what is changed there afterwards is changed for
 * Git. Resolves with its path.
 */
export async function copyWorkspace(folder: string): Promise<string> {
  await cp(join(root, "examples", "workspace"), folder, { recursive: true });
  const git = (...args: string[]) =>
    run(
      "git",
      ["-c", "user.name=Example", "-c", "user.email=example@example.org", "-c", "commit.gpgsign=false", ...args],
      { cwd: folder },
    );
  await git("init", "--quiet", "--initial-branch=main");
  await git("add", "--all");
  await git("commit", "--quiet", "--message=Begin");
  return folder;
}
