import { join } from "node:path";
import { bundle } from "./bundle.js";
import { root } from "./root.js";

const usage = "usage: node dist/extension/build/main.js bundle | package";

switch (process.argv[2]) {
  case "bundle":
    await bundle({ outdir: join(root, "dist"), release: false });
    break;
  default:
    console.error(usage);
    process.exitCode = 2;
}
