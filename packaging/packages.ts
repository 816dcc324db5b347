import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { packageExtension } from "../extension/build/package.js";
import { root } from "../extension/build/root.js";
import { run } from "./run.js";
import { packPython } from "./wheel.js";

/** Everything that is published, as files. */
export interface Packages {
  tarball: string;
  wheel: string;
  sdist: string;
  vsix: string;
}

/** Makes all packages of this checkout. */
export async function packAll(outdir: string): Promise<Packages> {
  await mkdir(outdir, { recursive: true });
  return { tarball: await packNpm(outdir), ...(await packPython(outdir)), vsix: (await packageExtension(outdir)).path };
}

/** Makes the npm package. Returns its path. */
export async function packNpm(outdir: string): Promise<string> {
  const told = await run("npm", ["pack", "--json", "--silent", "--pack-destination", outdir], { cwd: root });
  const [{ filename }] = JSON.parse(told) as [{ filename: string }];
  return join(outdir, filename);
}
