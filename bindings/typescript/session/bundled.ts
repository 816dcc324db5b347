import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { SpawnFailed } from "./errors.js";

const advice =
  "polyproc starts programs from its own folder, so it must stay outside of bundles: mark it as external " +
  '(esbuild: --external:polyproc; webpack: externals: { polyproc: "module polyproc" }; ' +
  'rollup: external: ["polyproc"]), ' +
  "and install it where the bundle runs; docs/bundling.md shows how";

/** Call while the package loads. A bundle in CommonJS format has no `import.meta.url`, so nothing would be found. */
export function requireOwnUrl(url: string | undefined): void {
  if (url === undefined) throw new Error(`this bundle contains polyproc: ${advice}`);
}

/** Throws SpawnFailed if the server's files are not where this package has them. */
export function requireServerFiles(serverMain: string): void {
  // A bundler may have copied the first file alone, under another name. The extension has it in one file.
  const isAlone = basename(serverMain) === "server.cjs";
  const isWhole = basename(serverMain) === "main.js" && existsSync(join(serverMain, "../server.js"));
  if (existsSync(serverMain) && (isAlone || isWhole)) return;
  throw new SpawnFailed("SpawnFailed", `the server's files are not at ${serverMain}. If this is a bundle: ${advice}`);
}
