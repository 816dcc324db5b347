import { isAbsolute, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { FilePaths } from "./engine/processes/target-source.js";

/** Paths as this system writes them. */
export const filePaths: FilePaths = {
  // The server never changes its working directory.
  cwd: process.cwd(),
  resolve,
  ofModule(module) {
    if (!module.startsWith("file:")) return isAbsolute(module) ? resolve(module) : null;
    try {
      return fileURLToPath(module);
    } catch {
      // A path of another machine, for example.
      return null;
    }
  },
};
