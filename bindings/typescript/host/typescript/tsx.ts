import { pathToFileURL } from "node:url";
import { packageEntry } from "./package-entry.js";
import { projectOf } from "./project.js";

type Register = (options?: { tsconfig?: string }) => unknown;

/** tsx reads its tsconfig from here; otherwise from the working directory, which need not be the project's. */
const configVariable = "TSX_TSCONFIG_PATH";

/** Registers the hooks of the tsx that the module's project has, for `import` and `require`. False if it has none. */
export async function registerTsx(path: string): Promise<boolean> {
  const esm = packageEntry("tsx", "./esm/api", path);
  const cjs = packageEntry("tsx", "./cjs/api", path);
  if (esm === undefined || cjs === undefined) return false;
  const own = process.env[configVariable];
  const config = projectOf(path)?.path;
  if (own === undefined && config !== undefined) process.env[configVariable] = config;
  try {
    ((await import(pathToFileURL(cjs).href)) as { register: Register }).register();
    ((await import(pathToFileURL(esm).href)) as { register: Register }).register();
  } finally {
    if (own === undefined) delete process.env[configVariable];
  }
  return true;
}
