import { realpath } from "node:fs/promises";
import { resolve } from "node:path";

/**
 * The absolute path of a module that a caller names by a `file:` URL or by a path relative to the folder, with symbolic
 * links resolved. Throws an Error that names the module if there is no such file.
 */
export async function realModulePath(module: string, folder: string): Promise<string> {
  try {
    return await realpath(module.startsWith("file:") ? new URL(module) : resolve(folder, module));
  } catch (error) {
    throw new Error(`${module}: ${(error as Error).message}`);
  }
}
