import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../extension/build/root.js";

/**
 * Writes the address of the project's repository into package.json, where the npm package, the extension and the wheel
 * take it from. Until then it holds an address that cannot exist.
 */
export async function setAddress(repository: string): Promise<void> {
  if (!/^https:\/\/[^/]+\/[^/]+\/[^/]+$/.test(repository) || repository.endsWith(".git"))
    throw new Error(`the address of the repository looks like https://github.com/OWNER/polyproc; got "${repository}"`);
  const path = join(root, "package.json");
  const manifest = JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>;
  Object.assign(manifest, {
    homepage: `${repository}#readme`,
    bugs: { url: `${repository}/issues` },
    repository: { type: "git", url: `git+${repository}.git` },
  });
  await writeFile(path, `${JSON.stringify(manifest, null, 2)}\n`);
}
