import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { build, type BuildOptions } from "esbuild";
import { rollup } from "rollup";
import webpack from "webpack";
import { makeProgram, runNode } from "./program.js";

interface Bundler {
  name: string;
  /** Bundles `src/bundled.mjs` into `dist/FILE`. `external`: polyproc stays outside, as docs/bundling.md shows. */
  bundle(folder: string, external: boolean): Promise<string>;
}

const esbuild = (format: "esm" | "cjs"): Bundler => ({
  name: `esbuild, ${format}`,
  async bundle(folder, external) {
    const file = `dist/main.${format === "esm" ? "mjs" : "cjs"}`;
    const options: BuildOptions = {
      absWorkingDir: folder,
      entryPoints: ["src/bundled.mjs"],
      outfile: file,
      bundle: true,
      platform: "node",
      format,
      logLevel: "silent",
      ...(external ? { external: ["polyproc"] } : { external: ["msgpackr-extract"] }),
    };
    await build(options);
    return file;
  },
});

const bundlers: Bundler[] = [
  esbuild("esm"),
  {
    name: "webpack",
    bundle: (folder, external) =>
      new Promise((resolve, reject) => {
        const compiler = webpack({
          context: folder,
          mode: "production",
          target: "node20",
          entry: "./src/bundled.mjs",
          experiments: { outputModule: true },
          output: { path: join(folder, "dist"), filename: "main.mjs", module: true, library: { type: "module" } },
          // Otherwise import.meta.url is the path of the source, as it was when the bundle was made.
          module: { parser: { javascript: { importMeta: false } } },
          externals: external ? { polyproc: "module polyproc" } : {},
        });
        compiler.run((error, stats) => {
          if (error || stats?.hasErrors()) reject(error ?? new Error(stats?.toString()));
          else compiler.close(() => resolve("dist/main.mjs"));
        });
      }),
  },
  {
    name: "rollup",
    async bundle(folder) {
      const made = await rollup({ input: join(folder, "src/bundled.mjs"), external: ["polyproc"] });
      await made.write({ file: join(folder, "dist/main.mjs"), format: "es" });
      await made.close();
      return "dist/main.mjs";
    },
  },
];

for (const bundler of bundlers) {
  test(`${bundler.name}: a program runs with polyproc outside of its bundle`, async (t) => {
    const folder = makeProgram(t);
    const { stdout, stderr } = await runNode(folder, [await bundler.bundle(folder, true)]);
    assert.equal(stdout, "[4,10]\n", stderr);
  });
}

const inside = /mark it as external \(esbuild: --external:polyproc; webpack: externals/;

for (const bundler of bundlers.filter(({ name }) => name !== "rollup")) {
  test(`${bundler.name}: with polyproc inside of the bundle, the error says how to keep it outside`, async (t) => {
    const folder = makeProgram(t);
    const { status, stderr } = await runNode(folder, [await bundler.bundle(folder, false)]);
    assert.notEqual(status, 0);
    assert.match(stderr, inside);
  });
}

test("esbuild, cjs: with polyproc inside of the bundle, the error comes while it loads", async (t) => {
  const folder = makeProgram(t);
  await build({
    absWorkingDir: folder,
    stdin: { contents: 'import { Pool } from "polyproc"; void new Pool(1).apply(() => 1);', resolveDir: folder },
    outfile: "dist/main.cjs",
    bundle: true,
    platform: "node",
    format: "cjs",
    logLevel: "silent",
    external: ["msgpackr-extract"],
  });
  const { status, stderr } = await runNode(folder, ["dist/main.cjs"]);
  assert.notEqual(status, 0);
  assert.match(stderr, inside);
});
