import { PolyprocError } from "../../../protocol/errors.js";
import type { ModuleTarget, SourceTarget } from "../../../protocol/target.js";

/** File ending -> runtime. */
const ours: Readonly<Record<string, string>> = {
  ".js": "node",
  ".mjs": "node",
  ".cjs": "node",
  ".ts": "node",
  ".mts": "node",
  ".cts": "node",
  ".jsx": "node",
  ".tsx": "node",
  ".py": "python",
};

/**
 * The runtime that a target names, or that its file's ending means. `endings`: further ones, which count more than
 * ours.
 */
export function runtimeOf(target: ModuleTarget | SourceTarget, endings: Readonly<Record<string, string>>): string {
  if (target.runtime !== undefined) return target.runtime;
  if ("source" in target) return "node";
  const path = target.module.split(/[?#]/)[0]!;
  const ending = path.slice(path.lastIndexOf(".")).toLowerCase();
  const runtime = Object.hasOwn(endings, ending)
    ? endings[ending]
    : Object.hasOwn(ours, ending)
      ? ours[ending]
      : undefined;
  if (runtime === undefined) {
    throw new PolyprocError(
      "TargetNotFound",
      `cannot tell the runtime of ${target.module} by its ending: name it ("runtime": "node", "python" …)`,
      { module: target.module },
    );
  }
  return runtime;
}
