import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { PolyprocError } from "../../../protocol/errors.js";

let registered = false;

/** Makes this process able to load TypeScript with tsx, if it is installed where the module is. */
export async function loadTypescriptLoader(url: string): Promise<void> {
  if (!registered) {
    const api = findTsx(url);
    if (api !== undefined) {
      const { register } = (await import(pathToFileURL(api).href)) as { register: () => unknown };
      register();
      registered = true;
      return;
    }
  }
  throw new PolyprocError(
    "TargetNotFound",
    `${url}: Node ${process.version} cannot load this TypeScript module as it is. Use Node 22.18 or later, or install tsx beside it (npm install --save-dev tsx), or name the compiled .js module`,
    { module: url },
  );
}

function findTsx(url: string): string | undefined {
  try {
    return createRequire(url).resolve("tsx/esm/api");
  } catch {
    return undefined;
  }
}
