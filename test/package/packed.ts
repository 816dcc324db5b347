import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { transform } from "esbuild";
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

/** README's first listing as JavaScript for every Node, and what it prints. */
export async function firstListing(): Promise<{ code: string; prints: string }> {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const found = /^```ts\n([\s\S]*?)^```\n\n```text\n([\s\S]*?)^```\n/m.exec(readme);
  if (!found) throw new Error("README.md has no listing in TypeScript with what it prints");
  const { code } = await transform(found[1]!, { loader: "ts", format: "esm", target: "node20" });
  return { code, prints: found[2]! };
}
