import * as nodeModule from "node:module";

/**
 * Modules that this process loads from now on are compiled once for all hosts, where Node can do that (22.1 and later).
 */
export function enableCompileCache(): void {
  (nodeModule as { enableCompileCache?: () => unknown }).enableCompileCache?.();
}
