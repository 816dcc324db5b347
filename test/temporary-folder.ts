import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * A new folder that goes away with the test. The path is short enough for a socket in it. The runner points TMPDIR to a
 * folder of its own and looks whether it is empty at the end.
 */
export function temporaryFolder(test: { after(clean: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), "t-"));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
