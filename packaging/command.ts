import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { build, type Metafile } from "esbuild";
import { apart } from "../extension/build/apart.js";
import { notices } from "../extension/build/notices.js";
import { relocate } from "../extension/build/relocate.js";
import { root } from "../extension/build/root.js";

const main = "cli/main.ts";
/** Parts of the command that are read at their first use: what commands need, and the parser of JavaScript. */
const parts = { "cli/called.ts": "called", "sources/javascript.ts": "javascript" };

/**
 * Makes the npm package's command, in `dist/command`. Node reads two files sooner than the two hundred modules of which
 * they are made. The rest of the package stays as it was compiled: server and worker hosts are other programs.
 */
export async function bundleCommand(): Promise<void> {
  const folder = join(root, "dist", "command");
  await mkdir(folder, { recursive: true });
  // Each file is replaced in one step: other programs may pack or run the command at this moment.
  const outdir = `${folder}.${process.pid}`;
  const made: Metafile[] = [];
  for (const [entry, name] of Object.entries({ [main]: "polyproc", ...parts })) {
    const { metafile } = await build({
      absWorkingDir: root,
      entryPoints: [entry],
      outfile: join(outdir, `${name}.cjs`),
      bundle: true,
      metafile: true,
      platform: "node",
      target: "node20.19",
      format: "cjs",
      // A CommonJS file that is required need not be searched for its exports. Other parts import modules.
      supported: { "dynamic-import": entry !== main },
      minifyWhitespace: true,
      minifySyntax: true,
      legalComments: "none",
      // CommonJS has no import.meta.
      define: { "import.meta.url": "bundleUrl" },
      banner: { js: 'const bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
      // Packages that users install if they need them.
      external: ["bullmq", "ioredis", "@modelcontextprotocol/*", "vscode-languageserver"],
      mainFields: ["module", "main"],
      plugins: [relocate("command", placeInPackage), apart(parts)],
      logLevel: "warning",
      logOverride: { "ignored-bare-import": "silent" },
    });
    made.push(metafile);
  }
  await writeFile(join(outdir, "NOTICES.txt"), notices(made));
  for (const name of await readdir(outdir)) await rename(join(outdir, name), join(folder, name));
  await rm(outdir, { recursive: true });
}

/** In the package, files are where the checkout has them. A folder of the binding tells which frames are its own. */
function placeInPackage(path: string): string | null {
  return path.startsWith("dist/bindings/") && path.endsWith("/") ? null : posix.relative("dist", path);
}
