import * as nodeModule from "node:module";

/**
 * Turns on Node's on-disk compile cache (22.1 and later): a module that one host has compiled is not compiled again by
 * others.
 */
export function enableCompileCache(): void {
  (nodeModule as { enableCompileCache?: () => unknown }).enableCompileCache?.();
}
