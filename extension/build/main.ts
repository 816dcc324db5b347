import { join, relative, resolve } from "node:path";
import { packageExtension } from "./package.js";
import { root } from "./root.js";
import { stage } from "./stage.js";

const dist = join(root, "dist");

switch (process.argv[2]) {
  case "stage":
    await stage(resolve(process.argv[3] ?? join(dist, "vscode")), { release: process.argv[4] === "release" });
    break;
  case "package": {
    const { path, bytes } = await packageExtension(resolve(process.argv[3] ?? dist));
    console.log(`${relative(process.cwd(), path)}: ${(bytes / 1000).toFixed(0)} kB`);
    break;
  }
  default:
    console.error("usage: node dist/extension/build/main.js stage [FOLDER [release]] | package [FOLDER]");
    process.exitCode = 2;
}
