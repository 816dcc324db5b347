import { readFileSync } from "node:fs";
import { isAbsolute } from "node:path";
import { fileURLToPath } from "node:url";
import type { Target } from "../../protocol/target.js";
import { sha256 } from "./signing.js";

/** Path of the target's module; null if it has none, or is known by its name alone. */
export function moduleFile(target: Target): string | null {
  if (!("module" in target)) return null;
  try {
    const path = target.module.startsWith("file:") ? fileURLToPath(new URL(target.module)) : target.module;
    return isAbsolute(path) ? path : null;
  } catch {
    return null;
  }
}

/** SHA-256 of the module's file; null if there is none. */
export function hashOfModule(target: Target): string | null {
  const path = moduleFile(target);
  try {
    return path === null ? null : sha256(readFileSync(path));
  } catch {
    return null;
  }
}
