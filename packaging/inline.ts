import { readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { root } from "../extension/build/root.js";

/** The module of the server that encodes msgpack for `Content-Length` bodies. */
const source = "server/rpc/msgpack-body.ts";

/**
 * Puts msgpackr into the one compiled module that uses it. As a dependency of the published package, msgpackr would
 * bring an optional native part with an install script, which pnpm refuses to run: `pnpm add` fails.
 *
 * The module is replaced in one step, and does the same before and after.
 */
export async function inlineMsgpackr(): Promise<void> {
  const outfile = join(root, "dist", source.replace(/\.ts$/, ".js"));
  const made = `${outfile}.${process.pid}`;
  const license = await readFile(join(root, "node_modules", "msgpackr", "LICENSE"), "utf8");
  await build({
    absWorkingDir: root,
    entryPoints: [source],
    outfile: made,
    bundle: true,
    platform: "node",
    target: "node20.19",
    format: "esm",
    banner: { js: `/*! This file contains msgpackr.\n\n${license.trim()}\n*/` },
    logLevel: "warning",
  });
  await rename(made, outfile);
}
