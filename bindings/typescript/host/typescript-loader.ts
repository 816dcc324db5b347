import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

let registered = false;

/**
 * Call before loading a TypeScript module. If Node cannot load TypeScript itself, registers tsx, if it is installed
 * where the module is. It must come before the first attempt, because Node caches failed loads.
 */
export async function prepareForTypescript(url: string): Promise<void> {
  if (registered || (process.features as { typescript?: unknown }).typescript) return;
  const api = findTsx(url);
  if (api === undefined) return;
  const { register } = (await import(pathToFileURL(api).href)) as { register: () => unknown };
  register();
  registered = true;
}

function findTsx(url: string): string | undefined {
  try {
    return createRequire(url).resolve("tsx/esm/api");
  } catch {
    return undefined;
  }
}
