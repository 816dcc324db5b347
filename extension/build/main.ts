import { join, resolve } from "node:path";
import { packageExtension } from "./package.js";
import { root } from "./root.js";
import { stage } from "./stage.js";

const dist = join(root, "dist");

switch (process.argv[2]) {
  case "stage":
    await stage(resolve(process.argv[3] ?? join(dist, "vscode")), { release: process.argv[4] === "release" });
    break;
  case "package":
    console.log((await packageExtension(resolve(process.argv[3] ?? dist))).path);
    break;
  default:
    console.error("usage: node dist/extension/build/main.js stage [FOLDER [release]] | package [FOLDER]");
    process.exitCode = 2;
}
