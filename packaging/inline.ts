import { readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { root } from "../extension/build/root.js";

/** The modules that get the packages which they use, with all packages in them. */
const modules: Readonly<Record<string, readonly string[]>> = {
  // As a dependency it would bring an optional native part with an install script, which pnpm refuses to run.
  "server/rpc/msgpack-body.ts": ["msgpackr"],
  // A user who installs the package for its pools needs no patterns of files.
  "cache/input-files.ts": ["tinyglobby", "fdir", "picomatch"],
};

/**
 * Puts packages into the compiled modules that use them, so that the published package does not depend on them.
 *
 * Each module is replaced in one step, and does the same before and after.
 */
export async function inlinePackages(): Promise<void> {
  for (const [source, packages] of Object.entries(modules)) await inline(source, packages);
}

async function inline(source: string, packages: readonly string[]): Promise<void> {
  const outfile = join(root, "dist", source.replace(/\.ts$/, ".js"));
  const made = `${outfile}.${process.pid}`;
  const licenses = await Promise.all(
    packages.map(async (name) => {
      const text = await readFile(join(root, "node_modules", name, "LICENSE"), "utf8");
      return `/*! This file contains ${name}.\n\n${text.trim()}\n*/\n`;
    }),
  );
  await build({
    absWorkingDir: root,
    entryPoints: [source],
    outfile: made,
    bundle: true,
    platform: "node",
    target: "node20.19",
    format: "esm",
    // Packages of CommonJS require Node's own modules.
    banner: {
      js:
        `${licenses.join("")}import { createRequire as createRequireOfFile } from "node:module";\n` +
        "const require = createRequireOfFile(import.meta.url);",
    },
    logLevel: "warning",
  });
  await rename(made, outfile);
}
