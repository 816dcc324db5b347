import { readFile, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createVSIX } from "@vscode/vsce";
import { repositoryOf } from "./address.js";
import { root } from "./root.js";
import { stage } from "./stage.js";

/** A larger package contains files that do not belong in it. */
const maxBytes = 1_500_000;

/** Makes the installable extension. Returns its path and size. Fails if it is too large. */
export async function packageExtension(outdir: string): Promise<{ path: string; bytes: number }> {
  const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
  const path = join(outdir, `polyproc-${manifest.version}.vsix`);
  const folder = join(dirname(path), `.vsix-${process.pid}`);
  try {
    await stage(folder);
    const rewriteRelativeLinks = repositoryOf({ ...manifest }) !== null;
    await createVSIX({ cwd: folder, packagePath: path, dependencies: false, rewriteRelativeLinks });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const { size: bytes } = await stat(path);
  if (bytes > maxBytes) throw new Error(`${path} has ${bytes} bytes, more than ${maxBytes}: look what was packed`);
  return { path, bytes };
}
