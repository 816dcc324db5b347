import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { build, type BuildOptions, type Metafile } from "esbuild";
import { apart } from "./apart.js";
import { protocolFiles, relocate } from "./relocate.js";
import { root } from "./root.js";

export interface BundleOptions {
  /** Output folder: `extension.cjs` and its later parts, `server.cjs`, `cache-thread.cjs`, `cli.cjs`, `host/` and `results/`. */
  outdir: string;
  /**
   * Makes bundles for users: smaller, without source maps. Names are kept, because errors and process lists show them.
   */
  release: boolean;
}

/**
 * Modules that are loaded at their first use, because they are so large that reading them would slow down the opening
 * of a window, or `polyproc --help`. They must share no class with the rest.
 */
const loadedLater: Readonly<Record<string, string>> = {
  "sources/javascript.ts": "javascript-functions",
  "cli/called.ts": "cli-called",
};

/** The server, and the thread in which it works with kept outcomes. */
const serverPrograms: readonly (readonly [entry: string, name: string])[] = [
  ["server/main.ts", "server"],
  ["server/outcomes/cache-thread.ts", "cache-thread"],
];

type SharedOptions = BuildOptions & { metafile: true };

/**
 * Makes the bundles of the server and of the worker host alone. Below the folder: `dist/server.cjs`, `dist/cache-thread.cjs`, `dist/host/` and
 * the `package.json` that has their version, beside it `protocol/generated/`. Returns what went into each bundle.
 */
export async function bundleServer(folder: string): Promise<Metafile[]> {
  const node = nodeOptions(sharedOptions(true));
  const outdir = join(folder, "dist");
  const { name, version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as Record<string, string>;
  const made = [
    ...(await Promise.all(serverPrograms.map(([entry, name]) => bundleProgram(node, outdir, entry, name)))),
    await bundleHost(node, join(outdir, "host")),
  ];
  await writeFile(join(folder, "package.json"), `${JSON.stringify({ name, version })}\n`);
  for (const path of protocolFiles) await cp(join(root, path), join(folder, path));
  await copyNative(outdir);
  return made.map(({ metafile }) => metafile);
}

/**
 * Makes every bundle that the extension consists of, from the sources; nothing has to be compiled before. Returns what
 * went into each.
 */
export async function bundle({ outdir, release }: BundleOptions): Promise<Metafile[]> {
  const shared = sharedOptions(release);
  const node = nodeOptions(shared);
  const programs: (readonly [entry: string, name: string])[] = [
    ["extension/main.ts", "extension"],
    ...Object.entries(loadedLater),
    ...serverPrograms,
    ["cli/main.ts", "cli"],
  ];
  const builds = await Promise.allSettled([
    ...programs.map(([entry, name]) => bundleProgram(node, outdir, entry, name)),
    bundleHost(node, join(outdir, "host")),
    bundleWebview(shared, outdir),
  ]);
  // Wait for all of them: files that are written later would escape the cleanup.
  await copyNative(outdir);
  return builds.map((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value.metafile;
  });
}

/** Copies what `npm run native` has built, if it has. */
async function copyNative(outdir: string): Promise<void> {
  const from = join(root, "dist", "native");
  const names = await readdir(from).catch(() => []);
  for (const name of names.filter((name) => /\.(node|so)$/.test(name)))
    await cp(join(from, name), join(outdir, "native", name));
}

/** Packages that are loaded at their first use, and that users install: for clusters and for `polyproc mcp`. */
const installedApart = ["bullmq", "ioredis", "@modelcontextprotocol/*", "vscode-languageserver"];

function sharedOptions(release: boolean): SharedOptions {
  return {
    absWorkingDir: root,
    bundle: true,
    metafile: true,
    logLevel: "warning",
    // package.json names the compiled modules that must stay in users' bundles; these bundles are made of the sources.
    logOverride: { "ignored-bare-import": "silent" },
    sourcemap: release ? false : "linked",
    minifyWhitespace: release,
    minifySyntax: release,
    legalComments: release ? "none" : "inline",
    external: ["vscode", ...installedApart],
  };
}

function nodeOptions(shared: SharedOptions): SharedOptions {
  return { ...shared, platform: "node", target: "node20.18" };
}

function bundleProgram(
  node: SharedOptions,
  outdir: string,
  entry: string,
  name: string,
): Promise<{ metafile: Metafile }> {
  return build({
    ...node,
    entryPoints: [entry],
    outfile: join(outdir, `${name}.cjs`),
    format: "cjs",
    plugins: [relocate(""), apart(loadedLater)],
    // As require: VS Code's own loader has a say in that.
    supported: { "dynamic-import": false },
    // CommonJS has no import.meta.
    define: { "import.meta.url": "bundleUrl" },
    banner: { js: 'const bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
    // vscode-languageserver-types and others: their "main" is UMD, which no bundler sees through.
    mainFields: ["module", "main"],
  });
}

/** Split into ES modules: a host reports that it is ready before it loads modules that it may never need. */
async function bundleHost(node: SharedOptions, outdir: string): Promise<{ metafile: Metafile }> {
  const made = await build({
    ...node,
    entryPoints: {
      main: "bindings/typescript/host/main.ts",
      "process-runner": "bindings/typescript/processes/process-runner.ts",
      "typescript-hooks": "bindings/typescript/host/typescript/hooks-thread.ts",
    },
    outdir,
    outExtension: { ".js": ".mjs" },
    format: "esm",
    splitting: true,
    plugins: [relocate("host")],
  });
  // A chunk's name changes with its contents: old chunks are removed after the new ones are written, so a program that
  // starts at this moment finds its chunks.
  const current = new Set(Object.keys(made.metafile.outputs).map((path) => resolve(root, path)));
  for (const name of await readdir(outdir)) {
    if (!current.has(join(outdir, name))) await rm(join(outdir, name), { recursive: true, force: true });
  }
  return made;
}

/** The results panel's page. */
function bundleWebview(shared: SharedOptions, outdir: string): Promise<{ metafile: Metafile }> {
  return build({
    ...shared,
    entryPoints: { webview: "extension/results/webview/main.ts" },
    outdir: join(outdir, "results"),
    platform: "browser",
    target: "chrome130",
    format: "esm",
    minifyIdentifiers: shared.minifySyntax ?? false,
    loader: { ".svg": "text" },
    conditions: ["production"],
  });
}
