import { execFile } from "node:child_process";
import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fixture, root } from "../fixture.js";
import { noServer } from "../cli/polyproc.js";
import { temporaryFolder } from "../temporary-folder.js";

/** A project of programs that use the package, in a folder of its own: `test/fixtures/projects/program`. */
export function makeProgram(test: { after(clean: () => void): void }): string {
  const folder = join(temporaryFolder(test), "program");
  cpSync(fixture("projects/program"), folder, { recursive: true });
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(root, join(folder, "node_modules/polyproc"));
  symlinkSync(join(root, "node_modules/tsx-4"), join(folder, "node_modules/tsx"));
  return folder;
}

export interface Ran {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Runs Node in the folder. */
export function runNode(folder: string, args: string[], env: Record<string, string> = {}): Promise<Ran> {
  const environment = { ...process.env, ...noServer, TSX_DISABLE_CACHE: "1", ...env };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      args,
      { cwd: folder, env: environment, timeout: 100_000, killSignal: "SIGKILL" },
      (error, stdout, stderr) => resolve({ status: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
    );
  });
}
