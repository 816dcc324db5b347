import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

let registered = false;

/**
 * Before a TypeScript module is loaded: where Node cannot do it by itself, tsx is put to work, if it is installed where
 * the module is. Not only after a first try failed: Node remembers failures.
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
