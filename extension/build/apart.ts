import { join, relative, sep } from "node:path";
import type { Plugin } from "esbuild";
import { root } from "./root.js";

/**
 * Leaves these sources out of a bundle that imports them dynamically. The bundle loads them from `./NAME.cjs` beside
 * it.
 */
export function apart(names: Readonly<Record<string, string>>): Plugin {
  return {
    name: "apart",
    setup(build) {
      build.onResolve({ filter: /^\.{1,2}\/.*\.js$/ }, ({ path, resolveDir, kind }) => {
        if (kind !== "dynamic-import") return undefined;
        const source = relative(root, join(resolveDir, path)).split(sep).join("/").replace(/\.js$/, ".ts");
        return Object.hasOwn(names, source) ? { path: `./${names[source]}.cjs`, external: true } : undefined;
      });
    },
  };
}
