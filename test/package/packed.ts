import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "../fixture.js";

export const run: typeof execFile.__promisify__ = promisify(execFile);

export interface Packed {
  /** The tarball. */
  path: string;
  size: number;
  unpackedSize: number;
  files: { path: string; size: number }[];
}

/** What `npm publish` would publish. */
export async function packed(folder: string): Promise<Packed> {
  const { stdout } = await run("npm", ["pack", "--json", "--silent", "--pack-destination", folder], { cwd: root });
  const [report] = JSON.parse(stdout) as (Packed & { filename: string })[];
  return { ...report!, path: join(folder, report!.filename) };
}

/** README's first listing, which every Node runs as printed, and what it prints. */
export function firstListing(): { code: string; prints: string } {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const found = /^```js\n((?:(?!```).*\n)*)```\n\n```text\n((?:(?!```).*\n)*)```\n/m.exec(readme);
  if (!found) throw new Error("README.md has no listing in JavaScript with what it prints");
  return { code: found[1]!, prints: found[2]! };
}
