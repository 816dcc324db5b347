import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { build, type BuildOptions } from "esbuild";
import { relocate } from "./relocate.js";
import { root } from "./root.js";

export interface BundleOptions {
  /** Folder that gets `extension.cjs`, `server.cjs`, `cli.cjs`, `host/` and `results/`. */
  outdir: string;
  /** For users: smaller, without source maps. Names stay, since errors and processes show them. */
  release: boolean;
}

/** Makes every bundle that the extension consists of, from the sources; nothing has to be compiled before. */
export async function bundle({ outdir, release }: BundleOptions): Promise<void> {
  const shared: BuildOptions = {
    absWorkingDir: root,
    bundle: true,
    logLevel: "warning",
    sourcemap: release ? false : "linked",
    minifyWhitespace: release,
    minifySyntax: release,
    legalComments: release ? "none" : "inline",
    // What Node would do: native parts are not bundled, and are optional.
    external: ["vscode", "msgpackr-extract"],
  };
  const node: BuildOptions = { ...shared, platform: "node", target: "node20.18" };
  const programs: [entry: string, name: string][] = [
    ["extension/main.ts", "extension"],
    ["server/main.ts", "server"],
    ["cli/main.ts", "cli"],
  ];
  const builds = await Promise.allSettled([
    ...programs.filter(([entry]) => existsSync(join(root, entry))).map(([entry, name]) => build({
      ...node,
      entryPoints: [entry],
      outfile: join(outdir, `${name}.cjs`),
      format: "cjs",
      plugins: [relocate("")],
      // CommonJS has no import.meta.
      define: { "import.meta.url": "bundleUrl" },
      banner: { js: 'const bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
      // vscode-languageserver-types and others: their "main" is UMD, which no bundler sees through.
      mainFields: ["module", "main"],
    })),
    bundleHost(node, join(outdir, "host")),
    bundleWebview(shared, outdir),
  ]);
  // Not before all of them have ended: whoever cleans up wants no more files.
  for (const one of builds) if (one.status === "rejected") throw one.reason;
}

/** In parts, and as modules: a host says that it is ready before it loads what it may never need. */
async function bundleHost(node: BuildOptions, outdir: string): Promise<void> {
  const { metafile } = await build({
    ...node,
    entryPoints: { main: "bindings/typescript/host/main.ts", "process-runner": "bindings/typescript/process-runner.ts" },
    outdir,
    outExtension: { ".js": ".mjs" },
    format: "esm",
    splitting: true,
    metafile: true,
    plugins: [relocate("host")],
  });
  // A chunk's name changes with its contents: those of yesterday go, after those of today are there for whoever runs at this moment.
  const made = new Set(Object.keys(metafile!.outputs).map((path) => resolve(root, path)));
  for (const name of await readdir(outdir)) {
    if (!made.has(join(outdir, name))) await rm(join(outdir, name), { recursive: true, force: true });
  }
}

async function bundleWebview(shared: BuildOptions, outdir: string): Promise<void> {
  const entry = "extension/results/webview/main.ts";
  if (!existsSync(join(root, entry))) return;
  await build({
    ...shared,
    entryPoints: { webview: entry },
    outdir: join(outdir, "results"),
    platform: "browser",
    target: "chrome130",
    format: "esm",
    minifyIdentifiers: shared.minifySyntax ?? false,
    loader: { ".svg": "text" },
    conditions: ["production"],
  });
}
