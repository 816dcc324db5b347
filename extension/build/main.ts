import { join, relative, resolve } from "node:path";
import { bundle } from "./bundle.js";
import { packageExtension } from "./package.js";
import { root } from "./root.js";

const dist = join(root, "dist");

switch (process.argv[2]) {
  case "bundle":
    await bundle({ outdir: dist, release: false });
    break;
  case "package": {
    const { path, bytes } = await packageExtension(resolve(process.argv[3] ?? dist));
    console.log(`${relative(process.cwd(), path)}: ${(bytes / 1000).toFixed(0)} kB`);
    break;
  }
  default:
    console.error("usage: node dist/extension/build/main.js bundle | package [FOLDER]");
    process.exitCode = 2;
}
