import { readFileSync } from "node:fs";
import { dirname, posix, relative, sep } from "node:path";
import type { Plugin } from "esbuild";
import { root } from "./root.js";

/** The files that a server sends in answer to `server/protocol`. They are copied beside the bundles' folder. */
export const protocolFiles = ["protocol/generated/metaModel.json", "protocol/generated/schema.json"] as const;

/**
 * Files that the sources find relative to themselves: path in the checkout -> path in the folder of the bundles.
 * `null`: the bundle's own folder, for code that only asks which stack frames belong to the extension.
 */
const places: Record<string, string | null> = {
  "package.json": "../package.json",
  "dist/server/main.js": "server.cjs",
  "dist/server/outcomes/cache-thread.js": "cache-thread.cjs",
  ...Object.fromEntries(protocolFiles.map((path) => [path, `../${path}`])),
  "dist/bindings/typescript/host/main.js": "host/main.mjs",
  "dist/bindings/typescript/processes/process-runner.js": "host/process-runner.mjs",
  "dist/bindings/typescript/host/typescript/hooks-thread.js": "host/typescript-hooks.mjs",
  "dist/native/": "native",
  "dist/bindings/typescript/host/": null,
  "dist/bindings/typescript/": null,
};

/** The Python package is copied unchanged: the sources name several of its files. */
const copied = { from: "bindings/python/", to: "../python/" };

/** Where the bundles have a file of the checkout. Undefined if the list does not have the path. */
function placeInBundles(path: string): string | null | undefined {
  return path.startsWith(copied.from) ? copied.to + path.slice(copied.from.length) : places[path];
}

const relativeUrl = /new URL\("([^"]+)",\s*import\.meta\.url\)/g;

/**
 * Rewrites `new URL("./x.js", import.meta.url)` in the sources, because in a bundle the file is at another path. A path
 * that is not listed above fails the build; otherwise it would be missing only when a program needs it.
 *
 * @param folder The bundle's folder, below that of all bundles: `""` or `host`.
 * @param placeOf Tells where a file of the checkout is. Default: where the extension has it.
 */
export function relocate(folder: string, placeOf = placeInBundles): Plugin {
  return {
    name: "relocate",
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const source = relative(root, path).split(sep).join("/");
        if (source.includes("node_modules/")) return undefined;
        const text = readFileSync(path, "utf8");
        if (!text.includes("import.meta.url")) return undefined;
        const errors: { text: string }[] = [];
        const contents = text.replaceAll(relativeUrl, (_, target: string) => {
          const place = posix.join("dist", dirname(source), target);
          // "." and ".." are folders, with the slash that a URL needs.
          const known = placeOf(/^\.\.?$/.test(target) ? `${place}/` : place);
          if (known === undefined) {
            errors.push({
              text:
                `${source} names ${place}, and extension/build/relocate.ts does not say where ` + "the bundles have it",
            });
            return "";
          }
          const path = known === null ? "." : posix.relative(`/dist/${folder}`, `/dist/${known}`);
          return `new URL(${JSON.stringify(path)}, import.meta.url)`;
        });
        return { contents, loader: "ts", errors };
      });
    },
  };
}
