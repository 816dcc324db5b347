import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * What to do if a module that could not be loaded belongs to a project of yarn's Plug'n'Play, whose packages are found
 * only in processes below yarn. Otherwise empty.
 */
export function plugNPlayAdvice(module: string): string {
  if (process.versions["pnp"] !== undefined) return "";
  for (let folder = dirname(module); ; folder = dirname(folder)) {
    if (existsSync(join(folder, ".pnp.cjs")))
      return (
        `\n${folder} uses yarn's Plug'n'Play, so its packages are found only below yarn: ` +
        "run yarn polyproc, or yarn node"
      );
    if (existsSync(join(folder, "node_modules")) || dirname(folder) === folder) return "";
  }
}
